package ovf

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// Parse reads the description of one VM, and lists the files that it refers to. It is Invalid on "file" when it can't be read, describes several VMs, or
// needs what isn't supported to read its disks.
func Parse(text []byte) (*VM, []File, error) {
	e, err := read(text)
	if err != nil {
		return nil, nil, err
	}
	s := e.System
	if e.Collection != nil {
		if s != nil || len(e.Collection.Systems) != 1 {
			return nil, nil, refused("holds %d VMs; import files that hold one each", len(e.Collection.Systems))
		}
		s = &e.Collection.Systems[0]
	}
	if s == nil {
		return nil, nil, refused("holds no VM")
	}
	p := parser{env: e, vm: &VM{Name: s.Name, Description: s.Annotation, OS: firstOf(s.OS.Description, s.OS.Type)}, controllers: map[string]Controller{}}
	p.vm.Name = firstOf(s.Name, s.ID)
	files, err := p.files()
	if err != nil {
		return nil, nil, err
	}
	if err := p.system(s); err != nil {
		return nil, nil, err
	}
	return p.vm, files, nil
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t = strings.TrimSpace(t); t != "" {
			return t
		}
	}
	return ""
}

// parser is the reading of one description.
type parser struct {
	env         *envelope
	vm          *VM
	controllers map[string]Controller
}

func (p *parser) note(format string, args ...any) {
	p.vm.Notes = append(p.vm.Notes, fmt.Sprintf(format, args...))
}

// files lists what the description refers to.
func (p *parser) files() (files []File, err error) {
	for _, f := range p.env.Files {
		if f.Compression != "" && f.Compression != "identity" || f.ChunkSize != "" {
			return nil, refused("has the file %q compressed or in pieces; unpack it with VMware's ovftool, or convert the disk", f.Href)
		}
		size := int64(-1)
		if f.Size != "" {
			if size, err = strconv.ParseInt(f.Size, 10, 64); err != nil || size < 0 {
				return nil, refused("gives the file %q a size that is no number", f.Href)
			}
		}
		files = append(files, File{Name: f.Href, Size: size})
	}
	return files, nil
}

// fileOf returns the name of a file by the id that references use.
func (p *parser) fileOf(id string) (string, error) {
	for _, f := range p.env.Files {
		if f.ID == id {
			return f.Href, nil
		}
	}
	return "", refused("refers to a file %q that it doesn't list", id)
}

// system reads firmware and devices.
func (p *parser) system(s *system) error {
	if s.VirtualBox != nil {
		p.vm.UEFI = strings.HasPrefix(strings.ToUpper(s.VirtualBox.Firmware.Type), "EFI")
		if s.VirtualBox.Snapshot != nil {
			p.note("Snapshots are not imported; the disks are as the file has them.")
		}
	}
	for _, hardware := range s.Hardware {
		for _, c := range hardware.Config {
			p.configure(c)
		}
		items := append(append(append([]item(nil), hardware.Items...), hardware.Storage...), hardware.Ethernet...)
		for _, i := range items {
			p.controller(i)
		}
		for _, i := range items {
			if err := p.device(i); err != nil {
				return err
			}
		}
	}
	return nil
}

// configure reads a setting of VMware's.
func (p *parser) configure(c config) {
	switch {
	case c.Key == "firmware":
		p.vm.UEFI = p.vm.UEFI || c.Value == "efi"
	case strings.HasSuffix(strings.ToLower(c.Key), "securebootenabled"), c.Key == "uefi.secureBoot.enabled":
		p.vm.SecureBoot = c.Value == "true"
	}
}

// diskOf returns what a disk's id stands for.
func (p *parser) diskOf(id string) (disk, error) {
	all := append([]disk(nil), p.env.Disks...)
	for _, s := range p.env.Sections {
		all = append(all, s.Disks...)
	}
	for _, d := range all {
		if d.ID == id {
			if d.Parent != "" {
				return d, refused("has a disk that builds upon another one (parentRef); flatten it first")
			}
			return d, nil
		}
	}
	return disk{}, refused("refers to a disk %q that it doesn't list", id)
}

// bytesOf reads an amount in units as DSP0004 writes them: "byte * 2^20", "MegaBytes".
func bytesOf(amount, units string) (int64, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(amount), 10, 63)
	if err != nil {
		return 0, refused("has an amount %q that is no number", amount)
	}
	factor, ok := factorOf(units)
	if !ok {
		return 0, refused("has an amount in %q, which isn't known", units)
	}
	if high, low := bits.Mul64(n, factor); high != 0 || low > 1<<62 {
		return 0, refused("has an amount of %s %s, more than there can be", amount, units)
	}
	return int64(n * factor), nil
}

func factorOf(units string) (uint64, bool) {
	words := strings.ToLower(strings.Join(strings.Fields(units), ""))
	switch words {
	case "", "byte", "bytes":
		return 1, true
	case "kilobytes", "kb":
		return 1 << 10, true
	case "megabytes", "mb":
		return 1 << 20, true
	case "gigabytes", "gb":
		return 1 << 30, true
	}
	power, isPower := strings.CutPrefix(words, "byte*2^")
	if n, err := strconv.ParseUint(power, 10, 8); isPower && err == nil && n < 62 {
		return 1 << n, true
	}
	plain, isPlain := strings.CutPrefix(words, "byte*")
	n, err := strconv.ParseUint(plain, 10, 62)
	return n, isPlain && err == nil
}
