package storage

import (
	"context"
	"errors"
	"slices"

	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/host/block"
	"dewpoint/internal/layer"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/store"
)

type cloneRun = operation.Run[compute.VMClone]

// vmClone gives the disks of a new VM the content that those of another have at that moment: it freezes these, and has the new ones build upon what was
// frozen. That takes as long whatever their size. For a full clone it then copies what was frozen.
func (c *Config) vmClone() operation.Kind {
	const atOnce, most = 2, 96
	return operation.Define(operation.Spec[compute.VMClone]{
		AtOnce: atOnce, Ready: cloneReady, Together: func(p compute.VMClone) bool { return linked(p) && frozen(p) },
		Steps: []operation.Step[compute.VMClone]{
			{Name: "looking at the disks", Do: c.lookAtDisks, Undo: c.dropClone},
			{Name: "freezing the disks", Do: c.freezeDisks, Undo: c.removeNext, Skip: frozen},
			{Name: "copying the disks", Do: c.copyDisks, Undo: c.removeCopies, Weight: most, Skip: linked},
			{Name: "putting the disks in place", Do: c.placeCopies, Undo: c.removeCopies, Skip: linked},
		},
	})
}

// linked reports whether the new disks stay what they are when the other's are frozen.
func linked(p compute.VMClone) bool { return !p.Full }

// frozen reports whether all that is cloned lies in layers already.
func frozen(p compute.VMClone) bool {
	return !slices.ContainsFunc(p.Disks, func(d compute.CloneDisk) bool { return d.Generation != 0 })
}

// cloneReady waits for disks that are being made. One that can't be made is told by the run.
func cloneReady(tx *store.Tx, p compute.VMClone) (string, error) {
	for _, disk := range p.Disks {
		if reason, err := driveReady(tx, disk.Of); reason != "" || err != nil {
			return reason, err
		}
	}
	return "", nil
}

// driveReady says what a drive's content waits for, "" for nothing.
func driveReady(tx *store.Tx, drive int64) (reason string, err error) {
	status, err := store.GetRow[compute.MachineDriveStatus](tx, drive, store.Everything())
	if errs.Is(err, errs.NotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	d, err := store.GetRow[compute.MachineDrive](tx, drive, store.Everything())
	if err == nil && !d.Deleted && (d.Origin == 0 && !status.Ready && status.Status != "error" || d.Origin != 0 && d.Base == 0) {
		return "waits for drive " + d.Name, nil
	}
	if errs.Is(err, errs.NotFound) {
		err = nil
	}
	return "", err
}

// lookAtDisks finds out which disks have to be frozen: not those that are frozen, or hold nothing that isn't frozen.
func (c *Config) lookAtDisks(ctx context.Context, r *cloneRun) (operation.Commit, error) {
	for i := range r.Params.Disks {
		disk := &r.Params.Disks[i]
		row, _, err := c.copied(ctx, r, disk)
		if err != nil {
			return nil, err
		}
		s, err := c.source(ctx, r, disk.Of)
		if err != nil {
			return nil, err
		}
		if disk.Size, err = block.Size(s.content()); err != nil {
			return nil, err
		}
		untouched := false
		if s.row.Origin == 0 && s.row.Base != 0 && !s.running {
			if untouched, err = block.Untouched(s.path); err != nil {
				return nil, err
			}
		}
		switch {
		case s.row.Origin != 0, untouched:
			disk.Base = s.row.Base
			if err := c.layOver(ctx, r, disk, row.PreferredTier, s, s.base); err != nil {
				return nil, err
			}
			continue
		case s.running:
			return nil, errs.New(errs.Conflict, "vm_started", "the VM was started while it was about to be cloned; clone it again")
		}
		if err := s.layers.Room(s.row); err != nil {
			return nil, err
		}
		disk.Generation = max(s.row.Generation, s.row.Generations) + 1
		disk.Next = block.DrivePath(c.DataDir, s.row.PreferredTier, s.machine.UUID, s.headAt(disk.Generation))
	}
	if err := c.copyFirmware(ctx, r); err != nil {
		return nil, err
	}
	return func(tx *store.Tx) error {
		if frozen(r.Params) {
			return restAll(tx, r.Params)
		}
		for _, disk := range r.Params.Disks {
			if disk.Generation == 0 {
				continue
			}
			if err := store.Write(tx, disk.Of, compute.MachineDriveSet{}.Generations(disk.Generation)); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// freezeDisks makes the files that the frozen drives go on with. When this is marked, the new disks build upon what was theirs until then.
func (c *Config) freezeDisks(ctx context.Context, r *cloneRun) (operation.Commit, error) {
	for i := range r.Params.Disks {
		disk := &r.Params.Disks[i]
		if disk.Generation == 0 {
			continue
		}
		s, err := c.source(ctx, r, disk.Of)
		if err != nil {
			return nil, err
		}
		if err := c.makeNext(ctx, s, disk.Next, disk.Size); err != nil {
			return nil, err
		}
		row, _, err := c.copied(ctx, r, disk)
		if err != nil {
			return nil, err
		}
		if err := c.layOver(ctx, r, disk, row.PreferredTier, s, s.path); err != nil {
			return nil, err
		}
	}
	return func(tx *store.Tx) error { return restAll(tx, r.Params) }, nil
}

// layOver makes the file of a linked clone's disk above what it rests on.
func (c *Config) layOver(ctx context.Context, r *cloneRun, disk *compute.CloneDisk, tier string, s source, base string) error {
	if r.Params.Full {
		return nil
	}
	err := c.makeSmall(ctx, disk.Place, tier, func(part string) error { return block.CreateOver(part, base, max(s.row.Disksize, disk.Size)) })
	if err == nil {
		disk.Used, err = block.Used(disk.Place)
	}
	return err
}

// restAll has the new disks build upon layers. With that a linked clone is done.
func restAll(tx *store.Tx, p compute.VMClone) error {
	for _, disk := range p.Disks {
		if err := rest(tx, disk, p.Full); err != nil {
			return err
		}
	}
	if p.Full {
		return nil
	}
	return letGoOf(tx, p.Snapshot)
}

// makeNext makes the file above a disk that is about to be frozen, unless a run before a crash did.
func (c *Config) makeNext(ctx context.Context, s source, path string, size int64) error {
	if _, err := block.Size(path); err == nil {
		return nil
	}
	return c.makeSmall(ctx, path, s.row.PreferredTier, func(part string) error { return block.CreateOver(part, s.path, size) })
}

// rest has a new disk build upon a layer. A full clone's disk does so until it has its own file.
func rest(tx *store.Tx, disk compute.CloneDisk, full bool) error {
	of, err := store.GetRow[compute.MachineDrive](tx, disk.Of, store.Everything())
	if err != nil {
		return err
	}
	if disk.Generation != 0 {
		machine, err := store.GetRow[compute.Machine](tx, of.Machine, store.Everything())
		if err != nil {
			return err
		}
		frozen := of
		frozen.Disksize = disk.Size
		if disk.Base, err = layer.Freeze(tx, frozen, of.PreferredTier, machine.UUID, disk.Generation); err != nil {
			return err
		}
	}
	set := compute.MachineDriveSet{}.Base(disk.Base).Disksize(max(of.Disksize, disk.Size))
	if !full {
		set.Null(compute.MachineDriveCol.CloneOf)
	}
	if err := store.Write(tx, disk.Drive, set); errs.Is(err, errs.NotFound) {
		return errs.New(errs.Conflict, "clone_deleted", "the new VM was deleted")
	} else if err != nil || full {
		return err
	}
	return report(tx, Fact{Drive: disk.Drive, Status: Status{Status: "offline", Ready: true, Progress: 100, UsedBytes: disk.Used}})
}

// removeNext removes the files that nothing goes on with because nothing was frozen.
func (c *Config) removeNext(ctx context.Context, r *cloneRun) error {
	var failed []error
	for _, disk := range r.Params.Disks {
		if disk.Next == "" {
			continue
		}
		goesOn := false
		err := r.View(ctx, func(tx *store.Tx) error {
			d, err := store.GetRow[compute.MachineDrive](tx, disk.Of, store.Everything())
			if errs.Is(err, errs.NotFound) {
				return nil
			}
			goesOn = d.Generation >= disk.Generation
			return err
		})
		if err == nil && !goesOn {
			err = errors.Join(fileio.Remove(disk.Next+partEnding), fileio.Remove(disk.Next))
		}
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// dropClone deletes the new VM: what was to be in it isn't.
func (c *Config) dropClone(ctx context.Context, r *cloneRun) error {
	return c.Rows.DropClone(ctx, r.Params)
}

// source is a disk that is cloned.
type source struct {
	row     compute.MachineDrive
	machine compute.Machine
	running bool // a guest has it
	layers  layer.Set
	path    string
	base    string // of what lies beneath; "" for nothing
}

// content is the file whose content is cloned.
func (s *source) content() string {
	if s.row.Origin != 0 {
		return s.base
	}
	return s.path
}

func (s *source) headAt(generation int64) string {
	d := s.row
	d.Generation = generation
	return layer.Head(d)
}

// viewer is an operation's run, whatever its params are.
type viewer interface {
	View(ctx context.Context, f func(tx *store.Tx) error) error
}

// source reads a disk that is cloned; Conflict where it is gone or was never made.
func (c *Config) source(ctx context.Context, r viewer, key int64) (s source, err error) {
	err = r.View(ctx, func(tx *store.Tx) error {
		if s.row, err = store.GetRow[compute.MachineDrive](tx, key); err != nil {
			return err
		}
		if s.machine, err = store.GetRow[compute.Machine](tx, s.row.Machine); err != nil {
			return err
		}
		status, err := store.GetRow[compute.MachineDriveStatus](tx, key)
		if err != nil {
			return err
		}
		if !status.Ready && s.row.Origin == 0 {
			return errs.New(errs.Conflict, "drive_not_ready", "drive %q has no disk to clone: %s", s.row.Name, status.StatusInfo)
		}
		s.running = status.Holder != 0
		s.layers, err = layer.Of(tx, s.row)
		if l, rests := s.layers[s.row.Base]; rests {
			s.base = layerPath(c.DataDir, l)
		}
		return err
	})
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.Conflict, "source_deleted", "the VM that was to be cloned, or one of its drives, was deleted")
	}
	s.path = block.DrivePath(c.DataDir, s.row.PreferredTier, s.machine.UUID, layer.Head(s.row))
	return s, err
}
