package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/host/block"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/layer"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/store"
)

// Domains are the foreign domains of this node; *libvirt.Client has them.
type Domains interface {
	List(ctx context.Context, prefix string) ([]libvirt.Info, error)
	Definition(ctx context.Context, ref libvirt.Ref) (text string, persistent bool, err error)
	Whole(ctx context.Context, ref libvirt.Ref) (string, error)
	Define(ctx context.Context, xml string) (libvirt.Ref, error)
	Drop(ctx context.Context, ref libvirt.Ref) error
}

type adoptRun = operation.Run[compute.VMAdopt]

// vmAdopt makes a VM of a foreign domain. Until its last step nothing is done to the domain, and its files are only read, ever.
func (c *Config) vmAdopt() operation.Kind {
	const atOnce, most = 2, 97
	return operation.Define(operation.Spec[compute.VMAdopt]{AtOnce: atOnce, Steps: []operation.Step[compute.VMAdopt]{
		{Name: "looking at the domain", Do: c.lookAtDomain, Undo: func(ctx context.Context, r *adoptRun) error {
			return c.Rows.DropClone(ctx, compute.VMClone{VM: r.Params.VM})
		}},
		{Name: "copying the disks", Do: c.copyForeign, Undo: c.removeForeign, Weight: most},
		{Name: "taking the domain over", Do: c.takeOver, Undo: c.giveBack},
	}})
}

// stillThere finds the domain as it was when its adoption was asked for; Conflict when it isn't off, or was changed since.
func (c *Config) stillThere(ctx context.Context, p *compute.VMAdopt) (libvirt.Ref, error) {
	ref := libvirt.Ref{Name: p.Name, UUID: p.UUID}
	domains, err := c.Domains.List(ctx, p.Name)
	if err != nil {
		return ref, err
	}
	for _, d := range domains {
		if d.UUID == p.UUID && d.State.Active() {
			return ref, errs.New(errs.Conflict, "domain_running", "domain %q was started; shut it down and adopt it again", p.Name)
		}
	}
	text, _, err := c.Domains.Definition(ctx, ref)
	if err != nil {
		return ref, err
	}
	if digest := sha256.Sum256([]byte(text)); hex.EncodeToString(digest[:]) != p.Digest {
		return ref, errs.New(errs.Conflict, "domain_changed", "domain %q was changed meanwhile; look at it and adopt it again", p.Name)
	}
	return ref, nil
}

// lookAtDomain finds out what the files are. They are read as the domain has them: nothing is guessed from their bytes.
func (c *Config) lookAtDomain(ctx context.Context, r *adoptRun) (operation.Commit, error) {
	p := &r.Params
	ref, err := c.stillThere(ctx, p)
	if err != nil {
		return nil, err
	}
	if p.Definition, err = c.Domains.Whole(ctx, ref); err != nil {
		return nil, err
	}
	for i := range p.Disks {
		d := &p.Disks[i]
		if d.Size, d.Used, d.Modified, err = foreignFile(d.From, d.Format); err != nil {
			return nil, err
		}
		err = r.View(ctx, func(tx *store.Tx) error {
			row, err := store.GetRow[compute.MachineDrive](tx, d.Drive)
			d.Place = block.DrivePath(c.DataDir, row.PreferredTier, p.UUID, layer.Head(row))
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func foreignFile(path, format string) (size, used, modified int64, err error) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() {
		return 0, 0, 0, errs.Wrap(err, errs.Conflict, "disk_missing", "the domain's disk %s isn't a file that can be read", filepath.Base(path))
	}
	size = info.Size()
	if format == string(block.Qcow2) {
		img, err := block.Inspect(path)
		if err != nil {
			return 0, 0, 0, err
		}
		if img.Format != block.Qcow2 {
			return 0, 0, 0, errs.New(errs.Conflict, "disk_format", "the domain's disk %s isn't a qcow2 file, as its definition says", filepath.Base(path))
		}
		size = img.VirtualSize
	}
	used, err = block.Used(path)
	return size, used, info.ModTime().UnixNano(), err
}

func (c *Config) copyForeign(ctx context.Context, r *adoptRun) (operation.Commit, error) {
	for i, d := range r.Params.Disks {
		part := func(percent float64) { r.Tell((100*float64(i)+percent)/float64(len(r.Params.Disks)), "") }
		err := c.draft(ctx, d.Place, d.Used, "", func(to string) error {
			return unchanged(d.From, func() error { return block.Convert(ctx, d.From, block.Format(d.Format), to, part) })
		})
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// unchanged gives a file the owner, group and mode again that it had, after a use that may change them: a program in its cage reads it by its group.
func unchanged(path string, use func() error) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	err = use()
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		err = errors.Join(err, os.Chown(path, int(st.Uid), int(st.Gid)))
	}
	return errors.Join(err, os.Chmod(path, info.Mode().Perm()))
}

func (c *Config) removeForeign(_ context.Context, r *adoptRun) error {
	var failed []error
	for _, d := range r.Params.Disks {
		if d.Place != "" {
			failed = append(failed, fileio.Remove(d.Place+partEnding), removeFile(d.Place))
		}
	}
	return errors.Join(failed...)
}

// takeOver puts the copies in place and removes the domain's definition. When it is repeated after a crash, the definition may be gone already.
func (c *Config) takeOver(ctx context.Context, r *adoptRun) (operation.Commit, error) {
	p := &r.Params
	ref, err := c.stillThere(ctx, p)
	gone := errs.Is(err, errs.NotFound)
	if err != nil && !gone {
		return nil, err
	}
	for _, d := range p.Disks {
		if _, _, modified, err := foreignFile(d.From, d.Format); !gone && (err != nil || modified != d.Modified) {
			return nil, errs.Wrap(err, errs.Conflict, "disk_changed", "the domain's disk %s was written to while it was copied; adopt the domain again", filepath.Base(d.From))
		}
		if err := place(d.Place); err != nil {
			return nil, err
		}
	}
	if !gone {
		if err := c.Domains.Drop(ctx, ref); err != nil {
			return nil, err
		}
	}
	facts := make([]Fact, len(p.Disks))
	for i, d := range p.Disks {
		size, err := block.Size(d.Place)
		if err != nil {
			return nil, err
		}
		facts[i] = Fact{Drive: d.Drive, Status: Status{Status: "offline", Ready: true, Progress: 100, Size: size}}
		facts[i].UsedBytes, _ = block.Used(d.Place)
	}
	r.Result(map[string]int64{"vm": p.VM})
	return func(tx *store.Tx) error {
		for _, f := range facts {
			if err := store.Write(tx, f.Drive, compute.MachineDriveSet{}.Null(compute.MachineDriveCol.CloneOf)); errs.Is(err, errs.NotFound) {
				return errs.New(errs.Conflict, "adoption_deleted", "the VM that the domain was to become, or one of its disks, was deleted")
			} else if err != nil {
				return err
			}
			if err := report(tx, f); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// giveBack makes the domain again, if this has removed it.
func (c *Config) giveBack(ctx context.Context, r *adoptRun) error {
	p := &r.Params
	_, _, err := c.Domains.Definition(ctx, libvirt.Ref{Name: p.Name, UUID: p.UUID})
	if errs.Is(err, errs.NotFound) {
		_, err = c.Domains.Define(ctx, p.Definition)
	}
	return err
}
