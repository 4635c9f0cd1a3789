package storage

import (
	"archive/tar"
	"context"
	"io"
	"os"
	"path/filepath"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/block"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/store"
)

// packParams are the action's params, with the key of the row that it was done to.
type packParams struct {
	Key   int64    `json:"key"`
	Name  string   `json:"name"`
	File  string   `json:"file"` // found by the first step, for those behind it
	Disks []string `json:"disks"`
	Bytes int64    `json:"bytes"` // of the disks
}

// Operation names the kind.
func (packParams) Operation() string { return "vm_pack" }

type packRun = operation.Run[packParams]

// vmPack writes the disks of a VM into one file.
func (c *Config) vmPack() operation.Kind {
	return operation.Define(operation.Spec[packParams]{Steps: []operation.Step[packParams]{
		{Name: "choosing a place", Do: c.choosePlace},
		{Name: "packing", Do: c.pack, Undo: c.removePack, Weight: 20},
		{Name: "keeping the file", Do: c.keepPack},
	}})
}

func (c *Config) choosePlace(ctx context.Context, r *packRun) (operation.Commit, error) {
	r.Params.File, r.Params.Bytes = filepath.Join(c.DataDir, "packs", r.Params.Name), 0
	if _, err := os.Lstat(r.Params.File); err == nil {
		return nil, errs.New(errs.Conflict, "pack_exists", "there is a pack %q already; give another name", r.Params.Name).On("name")
	}
	if err := r.View(ctx, func(tx *store.Tx) (err error) {
		r.Params.Disks, err = c.disksOf(tx, r.Params.Key)
		return err
	}); err != nil {
		return nil, err
	}
	for _, disk := range r.Params.Disks {
		used, err := block.Used(disk)
		if err != nil {
			return nil, err
		}
		r.Params.Bytes += used
	}
	return nil, nil
}

// disksOf reads where the disks of a VM lie. It is a Conflict while a guest writes them.
func (c *Config) disksOf(tx *store.Tx, key int64) (paths []string, err error) {
	vm, err := store.GetRow[compute.VM](tx, key)
	if err != nil {
		return nil, err
	}
	machine, err := store.GetRow[compute.Machine](tx, vm.Machine)
	if err != nil {
		return nil, err
	}
	power, err := store.GetRow[compute.MachineStatus](tx, vm.Machine)
	if err != nil {
		return nil, err
	}
	if power.Running {
		return nil, errs.New(errs.Conflict, "vm_running", "VM %q is running; power it off first", vm.Name)
	}
	drives, err := store.FindRows[compute.MachineDrive](tx, store.Is(compute.MachineDriveCol.Machine, vm.Machine))
	for _, d := range drives {
		if d.Media != mediaCDROM {
			at := Drive{Key: d.Key, StorageID: d.StorageID, MachineUUID: machine.UUID, Tier: d.PreferredTier}
			paths = append(paths, at.place(c.DataDir))
		}
	}
	return paths, err
}

func (c *Config) pack(ctx context.Context, r *packRun) (operation.Commit, error) {
	return nil, c.draft(ctx, r.Params.File, r.Params.Bytes, "", func(part string) error {
		out, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer out.Close()
		archive := tar.NewWriter(out)
		for i, disk := range r.Params.Disks {
			r.Tell(100*float64(i)/float64(len(r.Params.Disks)), filepath.Base(disk))
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := packFile(archive, disk); err != nil {
				return err
			}
		}
		return archive.Close()
	})
}

func packFile(archive *tar.Writer, path string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	about, err := in.Stat()
	if err != nil {
		return err
	}
	if err := archive.WriteHeader(&tar.Header{Name: filepath.Base(path), Mode: 0o600, Size: about.Size()}); err != nil {
		return err
	}
	_, err = io.Copy(archive, in)
	return err
}

func (c *Config) keepPack(_ context.Context, r *packRun) (operation.Commit, error) {
	r.Result(map[string]any{"file": r.Params.Name, "disks": len(r.Params.Disks)})
	return nil, place(r.Params.File)
}

func (c *Config) removePack(_ context.Context, r *packRun) error {
	if err := drop(r.Params.File + partEnding); err != nil {
		return err
	}
	return drop(r.Params.File)
}
