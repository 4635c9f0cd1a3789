package storage

import (
	"fmt"
	"path"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/block"
	"dewpoint/internal/host/ovf"
	"dewpoint/internal/model/compute"
)

// manifest reads the digests of an appliance's files. The description's own is checked now; those of the disks take long, and are left to the import.
func (a Appliances) manifest(description string, files []ovf.File, find finder, out *compute.Appliance) error {
	name := strings.TrimSuffix(description, path.Ext(description)) + ".mf"
	if _, _, err := find(name); err != nil {
		if !errs.Is(err, errs.Invalid) {
			return err
		}
		out.Notes = append(out.Notes, "There is no manifest, so nothing tells whether the files are as they were made.")
		return nil
	}
	const most = 64 << 10
	text, err := a.text(name, find, most)
	if err != nil {
		return err
	}
	digests, err := ovf.Manifest(text)
	if err != nil {
		return err
	}
	vouched := map[string]bool{}
	for _, d := range digests {
		vouched[d.Name] = true
		at, _, err := find(d.Name)
		if err != nil {
			return err
		}
		if d.Name == description {
			if err := a.isWhole(d, find); err != nil {
				return err
			}
			continue
		}
		out.Digests = append(out.Digests, compute.ImportDigest{ImportPart: at, Name: d.Name, Algorithm: d.Algorithm, Sum: d.Sum})
	}
	for _, f := range append([]ovf.File{{Name: description}}, files...) {
		if !vouched[f.Name] {
			return errs.Field("file", "has a manifest without a digest of %q: it is not the one that it was made with", f.Name)
		}
	}
	return nil
}

// isWhole checks the digest of a text.
func (a Appliances) isWhole(d ovf.Digest, find finder) error {
	text, err := a.text(d.Name, find, ovf.MostText)
	if err != nil {
		return err
	}
	sum := ovf.Sum(d.Algorithm)
	_, _ = sum.Write(text) // never fails
	if !d.Is(sum) {
		return errs.New(errs.Invalid, "digest_mismatch", "%q isn't the description that the manifest has the %s of: it was changed or damaged", d.Name, errs.Ours(d.Algorithm)).On("file")
	}
	return nil
}

// drive looks at the headers of what a drive is to be made from.
func (a Appliances) drive(d ovf.Drive, find finder) (out compute.ApplianceDrive, note string, err error) {
	out = compute.ApplianceDrive{CD: d.CD, Bus: d.Controller.Bus, Model: d.Controller.Model, Disk: compute.ImportedDisk{Name: d.File, Size: d.Size}}
	if d.Size > block.MaxVirtualSize {
		return out, "", errs.Field("file", "has a disk of %d bytes, more than 64 TiB", d.Size)
	}
	if d.File == "" {
		return out, "", nil
	}
	if out.Disk.ImportPart, _, err = find(d.File); err != nil || d.CD {
		return out, "", err
	}
	part := (&Config{DataDir: a.DataDir}).part(out.Disk.ImportPart)
	img, err := part.Inspect()
	if typed := errs.As(err); typed != nil {
		return out, "", errs.New(typed.Kind, typed.Code, "%q: %s", d.File, errs.Ours(errs.Shown(err))).On("file")
	}
	if err != nil {
		return out, "", err
	}
	out.Disk.Format, out.Disk.Needs = string(img.Format), img.FileSize
	if img.VirtualSize > d.Size {
		if d.Size > 0 {
			note = fmt.Sprintf("The description gives the disk %q %d bytes, but it has %d; it keeps those.", d.File, d.Size, img.VirtualSize)
		}
		out.Disk.Size = img.VirtualSize
	}
	return out, note, nil
}
