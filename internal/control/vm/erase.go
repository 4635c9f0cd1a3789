package vm

import (
	"context"
	"path/filepath"

	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/held"
	"dewpoint/internal/host/block"
	"dewpoint/internal/layer"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/space"
	"dewpoint/internal/store"
)

type eraseRun = operation.Run[compute.DriveErase]

// erase gives a drive an empty disk. The old one becomes a layer that nothing needs, unless a snapshot does, and goes as such layers do.
func (w *Works) erase() operation.Kind {
	return operation.Define(operation.Spec[compute.DriveErase]{AtOnce: 4, Steps: []operation.Step[compute.DriveErase]{
		{Name: "making an empty disk", Do: w.makeBlank, Undo: w.dropBlank},
		{Name: "putting it in the place of the old one", Do: w.swapBlank},
	}})
}

func (w *Works) makeBlank(ctx context.Context, r *eraseRun) (operation.Commit, error) {
	const tables = 1 << 20
	p := &r.Params
	var d compute.MachineDrive
	err := r.View(ctx, func(tx *store.Tx) (err error) {
		if d, err = erasable(tx, *p); err != nil {
			return err
		}
		machine, err := store.GetRow[compute.Machine](tx, p.Machine)
		if err == nil {
			p.From, err = w.headPath(machine, d)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	p.Generation = d.Generations + 1
	p.To = nextTo(p.From, d, p.Generation)
	if err := fileio.Remove(p.To); err != nil { // of an earlier try
		return nil, err
	}
	release, err := w.Space.Hold(ctx, space.Claim{ID: p.To, Path: p.To, Bytes: tables, Where: "the disk's tier"})
	if err != nil {
		return nil, err
	}
	defer release()
	if err := block.Create(p.To, d.Disksize); err != nil {
		return nil, err
	}
	if err := fileio.Sync(p.To); err != nil {
		return nil, err
	}
	return func(tx *store.Tx) error {
		return store.Write(tx, p.Drive, compute.MachineDriveSet{}.Generations(p.Generation))
	}, fileio.Sync(filepath.Dir(p.To))
}

// erasable reads the drive, and is a Conflict where a guest has it.
func erasable(tx *store.Tx, p compute.DriveErase) (compute.MachineDrive, error) {
	d, err := store.GetRow[compute.MachineDrive](tx, p.Drive)
	if errs.Is(err, errs.NotFound) || err == nil && d.Machine != p.Machine {
		err = errs.New(errs.Conflict, "drive_gone", "the drive was taken from the VM before it was erased")
	}
	if err == nil {
		err = held.Drive(tx, d)
	}
	return d, err
}

func (w *Works) dropBlank(_ context.Context, r *eraseRun) error {
	if r.Params.To == "" {
		return nil
	}
	return fileio.Remove(r.Params.To)
}

// swapBlank is a matter of rows alone.
func (w *Works) swapBlank(_ context.Context, r *eraseRun) (operation.Commit, error) {
	p := r.Params
	return func(tx *store.Tx) error {
		d, err := erasable(tx, p)
		if err != nil {
			return err
		}
		tier, folder := placeOf(p.From)
		if _, err := layer.Freeze(tx, d, tier, folder, p.Generation); err != nil {
			return err
		}
		tx.Touch("machine_drives", schema.IntValue(p.Drive))
		return store.Write(tx, p.Drive, compute.MachineDriveSet{}.Base(0))
	}, nil
}
