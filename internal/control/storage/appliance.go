package storage

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/block"
	"dewpoint/internal/host/ovf"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/space"
	"dewpoint/internal/store"
)

// Appliances reads descriptions of whole VMs among the media of a data directory. It reads headers alone, and unpacks nothing.
type Appliances struct {
	DataDir string
	Space   *space.Account // by which what is imported must fit
}

// Room is Full when need bytes of the import with that key don't fit into a tier. Until release they are kept for it.
func (a Appliances) Room(tx *store.Tx, key, tier string, need int64) (release func(), err error) {
	tier = cmp.Or(tier, block.DefaultTier)
	return a.Space.HoldIn(tx, space.Claim{ID: "vm_imports/" + key, Path: block.DrivePath(a.DataDir, tier, "import", key), Bytes: need, Where: "tier " + tier})
}

// Read implements the interface of the hooks of vm_imports: it reads the description in a media file, and the headers of the disks that it names.
func (a Appliances) Read(file storage.File, beside func(name string) (storage.File, error)) (compute.Appliance, error) {
	f, err := os.Open(a.path(file))
	if err != nil {
		return compute.Appliance{}, fmt.Errorf("opening file %d: %w", file.Key, err)
	}
	defer f.Close()
	switch {
	case ovf.IsArchive(f):
		return a.archive(f, file)
	case ovf.IsText(f):
		return a.loose(f, file, beside)
	}
	return compute.Appliance{}, errs.Field("file", "is neither an OVA (a tar archive) nor an OVF (an XML document)")
}

func (a Appliances) path(file storage.File) string {
	return block.MediaPath(a.DataDir, column.StorageName(file.Key, file.StorageID))
}

// finder finds a file that a description names, with how long it is.
type finder func(name string) (at compute.ImportPart, length int64, err error)

// archive reads an OVA.
func (a Appliances) archive(f *os.File, file storage.File) (out compute.Appliance, err error) {
	members, err := ovf.Members(f)
	if err != nil {
		return out, err
	}
	byName, descriptions := map[string]ovf.Member{}, []ovf.Member{}
	for _, m := range members {
		byName[m.Name] = m
		if strings.EqualFold(path.Ext(m.Name), ".ovf") {
			descriptions = append(descriptions, m)
		}
	}
	if len(descriptions) != 1 {
		return out, errs.Field("file", "holds %d descriptions (.ovf); an OVA has one", len(descriptions))
	}
	find := func(name string) (compute.ImportPart, int64, error) {
		m, ok := byName[name]
		if !ok {
			return compute.ImportPart{}, 0, errs.Field("file", "names %q, which isn't in the archive", name)
		}
		return compute.ImportPart{File: file.Key, ID: file.StorageID, Offset: m.Offset, Length: m.Length}, m.Length, nil
	}
	return a.read(descriptions[0].Name, find)
}

// loose reads an OVF, whose disks are files beside it.
func (a Appliances) loose(f *os.File, file storage.File, beside func(string) (storage.File, error)) (out compute.Appliance, err error) {
	find := func(name string) (compute.ImportPart, int64, error) {
		of := file
		if name != file.Name {
			if name != path.Base(name) || strings.ContainsAny(name, `/\:`) {
				return compute.ImportPart{}, 0, errs.Field("file", "names a file that lies elsewhere: %q; upload it, and name it without a folder", name)
			}
			if of, err = beside(name); err != nil {
				return compute.ImportPart{}, 0, err
			}
		}
		return compute.ImportPart{File: of.Key, ID: of.StorageID}, of.Filesize, nil
	}
	return a.read(file.Name, find)
}

// read reads a description and all that it names.
func (a Appliances) read(name string, find finder) (out compute.Appliance, err error) {
	text, err := a.text(name, find, ovf.MostText)
	if err != nil {
		return out, err
	}
	vm, files, err := ovf.Parse(text)
	if err != nil {
		return out, err
	}
	out = compute.Appliance{
		Name: vm.Name, Description: vm.Description, OS: vm.OS, Cores: vm.Cores, MemoryMiB: vm.MemoryMiB, UEFI: vm.UEFI, SecureBoot: vm.SecureBoot, Notes: vm.Notes,
	}
	for _, file := range files {
		if err := fits(file, find); err != nil {
			return out, err
		}
	}
	if err := a.manifest(name, files, find, &out); err != nil {
		return out, err
	}
	for _, d := range vm.Drives {
		drive, note, err := a.drive(d, find)
		if err != nil {
			return out, err
		}
		out.Drives = append(out.Drives, drive)
		if note != "" {
			out.Notes = append(out.Notes, note)
		}
	}
	for _, n := range vm.NICs {
		out.NICs = append(out.NICs, compute.ApplianceNIC{Model: n.Model, Network: n.Network, MAC: n.MAC})
	}
	return out, nil
}

// fits holds the size that a description gives a file against how long it is.
func fits(file ovf.File, find finder) error {
	_, length, err := find(file.Name)
	if err != nil {
		return err
	}
	if file.Size >= 0 && file.Size != length {
		return errs.Field("file", "gives %q %d bytes, but it has %d: it is cut off, or the description isn't its own", file.Name, file.Size, length)
	}
	return nil
}

// text reads a whole file that isn't long.
func (a Appliances) text(name string, find finder, most int64) ([]byte, error) {
	at, length, err := find(name)
	if err != nil {
		return nil, err
	}
	if length > most {
		return nil, errs.Field("file", "has %d bytes in %q, more than %d", length, name, most)
	}
	bytes, file, err := (&Config{DataDir: a.DataDir}).part(at).Open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(bytes, length))
}
