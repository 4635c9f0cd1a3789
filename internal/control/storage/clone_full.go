package storage

import (
	"context"
	"errors"

	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/host/block"
	"dewpoint/internal/layer"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/store"
)

// copyDisks copies, for a full clone, what lies beneath each new disk into a draft of a file without anything beneath it.
func (c *Config) copyDisks(ctx context.Context, r *cloneRun) (operation.Commit, error) {
	for i := range r.Params.Disks {
		disk := &r.Params.Disks[i]
		row, layers, err := c.copied(ctx, r, disk)
		if err != nil {
			return nil, err
		}
		var needs int64
		for _, path := range layers {
			used, err := block.Used(path)
			if err != nil {
				return nil, err
			}
			needs += used
		}
		err = c.draft(ctx, disk.Place, min(needs, row.Disksize), row.PreferredTier, func(part string) error {
			tenths := c.progress(ctx, disk.Drive, Status{Status: "importing"})
			share := float64(len(r.Params.Disks))
			return block.Flatten(ctx, layers, part, row.Disksize, func(percent float64) {
				r.Tell((float64(i)*100+percent)/share, "")
				tenths(percent)
			})
		})
		if err != nil {
			return nil, err
		}
	}
	return nil, nil
}

// copied reads a new disk of a full clone, with its place and the files of the layers beneath it.
func (c *Config) copied(ctx context.Context, r *cloneRun, disk *compute.CloneDisk) (row compute.MachineDrive, layers []string, err error) {
	err = r.View(ctx, func(tx *store.Tx) error {
		if row, err = store.GetRow[compute.MachineDrive](tx, disk.Drive); err != nil {
			return err
		}
		machine, err := store.GetRow[compute.Machine](tx, row.Machine)
		if err != nil {
			return err
		}
		disk.Place = block.DrivePath(c.DataDir, row.PreferredTier, machine.UUID, layer.Head(row))
		set, err := layer.Of(tx, row)
		if err != nil {
			return err
		}
		beneath, err := set.Beneath(row.Base)
		for _, l := range beneath {
			layers = append(layers, layerPath(c.DataDir, l))
		}
		return err
	})
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.Conflict, "clone_deleted", "the new VM was deleted")
	}
	return row, layers, err
}

// placeCopies gives the drafts of a full clone their names. The drives are ready when this is marked, and need no layer any more.
func (c *Config) placeCopies(_ context.Context, r *cloneRun) (operation.Commit, error) {
	used := make([]int64, len(r.Params.Disks))
	for i, disk := range r.Params.Disks {
		if err := place(disk.Place); err != nil {
			return nil, err
		}
		used[i], _ = block.Used(disk.Place)
	}
	return func(tx *store.Tx) error {
		for i, disk := range r.Params.Disks {
			if err := store.Write(tx, disk.Drive, compute.MachineDriveSet{}.Base(0).Null(compute.MachineDriveCol.CloneOf)); err != nil {
				return err
			}
			if err := report(tx, Fact{Drive: disk.Drive, Status: Status{Status: "offline", Ready: true, Progress: 100, UsedBytes: used[i]}}); err != nil {
				return err
			}
		}
		return letGoOf(tx, r.Params.Snapshot)
	}, nil
}

// removeCopies removes what was copied, finished or not.
func (c *Config) removeCopies(_ context.Context, r *cloneRun) error {
	var failed []error
	for _, disk := range r.Params.Disks {
		if r.Params.Full && disk.Place != "" {
			failed = append(failed, fileio.Remove(disk.Place+partEnding), removeFile(disk.Place))
		}
	}
	return errors.Join(failed...)
}
