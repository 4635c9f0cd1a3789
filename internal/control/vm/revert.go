package vm

import (
	"context"
	"errors"
	"path/filepath"

	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/host/firmware"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/layer"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/store"
)

type revertRun = operation.Run[compute.VMRevert]

// revert takes a machine back to a snapshot: its disks get new files over what they were, and what they wrote to since becomes layers that nothing needs.
func (w *Works) revert() operation.Kind {
	const atOnce = 4
	return operation.Define(operation.Spec[compute.VMRevert]{
		AtOnce: atOnce,
		Steps: []operation.Step[compute.VMRevert]{
			{Name: "looking at the snapshot", Do: w.lookAtSnapshot},
			{Name: "making the disks", Do: w.makeReverted, Undo: w.dropReverted},
			{Name: "going back", Do: w.goBack, Undo: w.stay},
		},
	})
}

func (w *Works) lookAtSnapshot(ctx context.Context, r *revertRun) (operation.Commit, error) {
	p := &r.Params
	p.Disks, p.Memory = nil, ""
	err := r.View(ctx, func(tx *store.Tx) error {
		s, err := store.GetRow[compute.MachineSnapshot](tx, p.Snapshot)
		if err != nil {
			return err
		}
		if !s.Taken {
			return errs.New(errs.Conflict, "snapshot_incomplete", "the snapshot isn't taken yet")
		}
		machine, err := store.GetRow[compute.Machine](tx, s.Machine)
		if err != nil {
			return err
		}
		kept, err := store.GetRow[compute.Machine](tx, s.SnapMachine)
		if err != nil {
			return err
		}
		p.Machine = machine.Key
		if s.Memory {
			p.Memory = filepath.Join(w.folder(kept), memoryFile)
		}
		return w.planReverted(tx, p, machine, kept.Key)
	})
	if err != nil {
		return nil, err
	}
	domain, err := w.domain(ctx, p.Machine)
	if err != nil {
		return nil, err
	}
	p.Ran = domain.State.Active()
	return func(tx *store.Tx) error {
		for _, d := range p.Disks {
			if err := store.Write(tx, d.Drive, compute.MachineDriveSet{}.Generations(d.Generation)); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

// planReverted lists the disks that are both in the snapshot and on the machine. One that was deleted is made anew when the rows go back.
func (w *Works) planReverted(tx *store.Tx, p *compute.VMRevert, machine compute.Machine, kept int64) error {
	states, err := store.FindRows[compute.MachineDrive](tx, store.Is(compute.MachineDriveCol.Machine, kept))
	if err != nil {
		return err
	}
	for _, state := range states {
		if !isDisk(state.Media) {
			continue
		}
		d, err := store.GetRow[compute.MachineDrive](tx, state.Origin)
		if errs.Is(err, errs.NotFound) || err == nil && d.Machine != machine.Key {
			if p.Memory != "" {
				return errs.New(errs.Conflict, "drive_gone", "drive %q was deleted since, so the guest can't go on from its memory; clone the snapshot instead", state.Name)
			}
			continue
		}
		if err != nil {
			return err
		}
		layers, err := layer.Of(tx, state)
		if err != nil {
			return err
		}
		beneath, err := layers.Beneath(state.Base)
		if err != nil {
			return err
		}
		disk := compute.RevertedDisk{Drive: d.Key, State: state.Key, Generation: d.Generations + 1, Size: state.Disksize, Beneath: w.paths(beneath)}
		if disk.From, err = w.headPath(machine, d); err != nil {
			return err
		}
		disk.To, disk.Then = nextTo(disk.From, d, disk.Generation), disk.Beneath[0]
		p.Disks = append(p.Disks, disk)
	}
	return nil
}

func (w *Works) makeReverted(ctx context.Context, r *revertRun) (operation.Commit, error) {
	for _, d := range r.Params.Disks {
		if err := w.makeOver(ctx, d.To, d.Beneath[0], d.Size); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (w *Works) dropReverted(_ context.Context, r *revertRun) error {
	var failed []error
	for _, d := range r.Params.Disks {
		failed = append(failed, fileio.Remove(d.To))
	}
	return errors.Join(failed...)
}

// goBack cuts the guest's power, has it go on from its memory where the snapshot has that, and takes the rows back.
func (w *Works) goBack(ctx context.Context, r *revertRun) (operation.Commit, error) {
	p := &r.Params
	domain, err := w.domain(ctx, p.Machine)
	if err != nil {
		return nil, err
	}
	has, err := w.files(ctx, domain)
	if err != nil {
		return nil, err
	}
	resumed := domain.State.Active() && p.Memory != "" && len(p.Disks) > 0 && has[p.Disks[0].To] // before a crash
	if !resumed {
		if err := w.stop(ctx, domain); err != nil {
			return nil, err
		}
	}
	if p.Memory != "" && !resumed {
		if err := w.resume(ctx, p); err != nil {
			return nil, err
		}
	}
	if err := w.putFirmware(ctx, r); err != nil {
		return nil, err
	}
	on := p.Memory == "" && (p.Ran || p.PowerOn)
	return func(tx *store.Tx) error { return w.markReverted(tx, r.Key, p, on) }, nil
}

// stop cuts the power of a guest, or drops the memory of one that hibernates.
func (w *Works) stop(ctx context.Context, d libvirt.Info) error {
	if d.State.Active() {
		if err := w.Host.Destroy(ctx, d.Ref); err != nil && !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.NotFound) {
			return err
		}
	}
	if d.Ref == (libvirt.Ref{}) {
		return nil
	}
	saved, err := w.Host.Saved(ctx, d.Ref)
	if err == nil && saved {
		err = w.Host.Forget(ctx, d.Ref)
	}
	return err
}

// resume has the guest go on from its memory. The new disks are made anew first: an earlier try may have run on them.
func (w *Works) resume(ctx context.Context, p *compute.VMRevert) error {
	places := map[string]libvirt.Place{}
	for _, d := range p.Disks {
		if err := w.makeOver(ctx, d.To, d.Beneath[0], d.Size); err != nil {
			return err
		}
		places[d.Then] = libvirt.Place{Path: d.To, Layers: d.Beneath}
		if err := w.letIn(ctx, append([]string{d.To}, d.Beneath...)...); err != nil {
			return err
		}
	}
	return w.Host.Restore(ctx, p.Memory, places, p.Paused)
}

// stay undoes what may have been done to a guest: it is off, or begins anew with its disks as they were.
func (w *Works) stay(ctx context.Context, r *revertRun) error {
	p := r.Params
	domain, err := w.domain(ctx, p.Machine)
	if err != nil {
		return err
	}
	has, err := w.files(ctx, domain)
	if err != nil {
		return err
	}
	for _, d := range p.Disks {
		if domain.State.Active() && has[d.To] {
			if err := w.stop(ctx, domain); err != nil {
				return err
			}
			domain.State = libvirt.Off
		}
	}
	if !p.Ran || domain.State.Active() {
		return nil
	}
	return w.DB.Update(ctx, func(tx *store.Tx) error { return powerOn(tx, p.Machine, r.Key) })
}

// powerOn asks for a machine's power, behind the operation that asks.
func powerOn(tx *store.Tx, machine, after int64) error {
	m, err := store.GetRow[compute.Machine](tx, machine)
	if err != nil {
		return err
	}
	if err := store.Write(tx, machine, compute.MachineStatusSet{}.Powerstate(true).Settled(false)); err != nil {
		return err
	}
	return store.Write(tx, machine, compute.MachineSet{}.PowerOp(compute.PowerOn).PowerSeq(m.PowerSeq+1).PowerAfter(after))
}

// putFirmware takes the variables of the firmware back, and what the TPM keeps. Memory goes on with those that are there.
func (w *Works) putFirmware(ctx context.Context, r *revertRun) error {
	if r.Params.Memory != "" {
		return nil
	}
	machine, kept, err := w.machines(ctx, r.View, r.Params.Snapshot)
	if err != nil {
		return err
	}
	if err := firmware.CopyVariables(w.folder(kept), w.folder(machine)); err != nil {
		return err
	}
	return w.tpm(kept).CopyTo(w.folder(machine))
}
