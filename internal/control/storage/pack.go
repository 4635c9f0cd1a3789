package storage

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/store"
)

// packParams are the action's params, with the key of the row that it was done to.
type packParams struct {
	Key   int64    `json:"key"`
	Name  string   `json:"name"`
	File  string   `json:"file"`  // found by the first step, for those behind it
	Disks []string `json:"disks"` // and so are these
}

// Operation names the kind.
func (packParams) Operation() string { return "vm_pack" }

type packRun = operation.Run[packParams]

func (c *Config) vmPack() operation.Kind {
	const most = 20
	return operation.Define(operation.Spec[packParams]{Steps: []operation.Step[packParams]{
		{Name: "choosing a place", Do: c.choosePlace},
		{Name: "packing", Do: c.pack, Undo: c.removePack, Weight: most},
		{Name: "keeping the file", Do: c.keepPack},
	}})
}

func (c *Config) choosePlace(ctx context.Context, r *packRun) (operation.Commit, error) {
	drives, err := c.Rows.Packing(ctx, r.Params.Key)
	if err != nil {
		return nil, err
	}
	r.Params.File = filepath.Join(c.DataDir, "packs", strconv.FormatInt(r.Key, 10)+".tar")
	for _, d := range drives {
		if d.InUse {
			return nil, errs.New(errs.Conflict, "vm_running", "a VM that runs can't be packed; power it off first")
		}
		if d.Media != mediaCDROM && d.Last.Ready {
			r.Params.Disks = append(r.Params.Disks, d.place(c.DataDir))
		}
	}
	return nil, nil
}

func (c *Config) pack(ctx context.Context, r *packRun) (operation.Commit, error) {
	return nil, c.draft(ctx, r.Params.File, 0, "", func(part string) error {
		f, err := os.OpenFile(part, os.O_CREATE|os.O_WRONLY|os.O_EXCL, 0o600)
		if err != nil {
			return err
		}
		defer f.Close()
		w := tar.NewWriter(f)
		for i, disk := range r.Params.Disks {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := addDisk(w, disk); err != nil {
				return err
			}
			r.Tell(100*float64(i+1)/float64(len(r.Params.Disks)), "")
		}
		return w.Close()
	})
}

func addDisk(w *tar.Writer, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := w.WriteHeader(&tar.Header{Name: filepath.Base(path), Mode: 0o600, Size: info.Size(), ModTime: info.ModTime()}); err != nil {
		return err
	}
	_, err = io.Copy(w, f)
	return err
}

// removePack removes the draft, or what the last step was making of it when it was cut off.
func (c *Config) removePack(_ context.Context, r *packRun) error {
	return errors.Join(drop(r.Params.File+partEnding), drop(r.Params.File))
}

func (c *Config) keepPack(_ context.Context, r *packRun) (operation.Commit, error) {
	r.Result(map[string]any{"name": r.Params.Name, "disks": len(r.Params.Disks)})
	return nil, place(r.Params.File)
}

// Packing implements Rows.
func (r *StoreRows) Packing(ctx context.Context, vm int64) (drives []Drive, err error) {
	err = r.db.View(ctx, func(tx *store.Tx) error {
		row, err := store.GetRow[compute.VM](tx, vm)
		if err != nil {
			return err
		}
		t, err := r.read(tx)
		if err != nil {
			return err
		}
		for _, d := range t.wish() {
			if d.Machine == row.Machine && !d.Deleted {
				drives = append(drives, d)
			}
		}
		return nil
	})
	return drives, err
}
