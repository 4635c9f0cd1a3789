package vm

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/host/block"
	"dewpoint/internal/host/firmware"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/layer"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/space"
	"dewpoint/internal/store"
)

// memoryFile is called so in the folder of a snapshot's machine, with which it goes.
const memoryFile = "memory"

type snapshotRun = operation.Run[compute.VMSnapshot]

// snapshot freezes the disks of a machine whose rows were kept with the request. All its steps can be repeated: until the last one is marked, either of
// the two files of a disk is right for a machine that is off, and a running one says itself which it writes to.
func (w *Works) snapshot() operation.Kind {
	const atOnce = 4
	return operation.Define(operation.Spec[compute.VMSnapshot]{
		AtOnce: atOnce,
		Steps: []operation.Step[compute.VMSnapshot]{
			{Name: "looking at the disks", Do: w.lookAtDisks, Undo: w.dropSnapshot},
			{Name: "making the next files", Do: w.makeNext, Undo: w.dropNext},
			{Name: "freezing the disks", Do: w.freeze, Undo: w.thaw},
		},
	})
}

// lookAtDisks gives each disk its next generation.
func (w *Works) lookAtDisks(ctx context.Context, r *snapshotRun) (operation.Commit, error) {
	p := &r.Params
	p.Disks, p.Memory = nil, ""
	err := r.View(ctx, func(tx *store.Tx) error {
		s, err := store.GetRow[compute.MachineSnapshot](tx, p.Snapshot)
		if err != nil {
			return err
		}
		machine, err := store.GetRow[compute.Machine](tx, s.Machine)
		if err != nil {
			return err
		}
		p.Machine = machine.Key
		if err := w.planDisks(tx, p, machine, s.SnapMachine); err != nil || !s.Memory {
			return err
		}
		kept, err := store.GetRow[compute.Machine](tx, s.SnapMachine)
		p.Memory = filepath.Join(w.folder(kept), memoryFile)
		return err
	})
	if err != nil {
		return nil, err
	}
	if _, err := w.domain(ctx, p.Machine); err != nil { // while it can't be known what runs, nothing is begun that needs it to be taken back
		return nil, err
	}
	return func(tx *store.Tx) error {
		for _, d := range p.Disks {
			if err := store.Write(tx, d.Drive, compute.MachineDriveSet{}.Generations(d.Generation)); err != nil {
				return err
			}
		}
		return nil
	}, nil
}

func (w *Works) planDisks(tx *store.Tx, p *compute.VMSnapshot, machine compute.Machine, snapMachine int64) error {
	states, err := store.FindRows[compute.MachineDrive](tx, store.Is(compute.MachineDriveCol.Machine, snapMachine))
	if err != nil {
		return err
	}
	for _, state := range states {
		if !isDisk(state.Media) {
			continue
		}
		d, err := store.GetRow[compute.MachineDrive](tx, state.Origin)
		if errs.Is(err, errs.NotFound) || err == nil && d.Machine != machine.Key {
			return errs.New(errs.Conflict, "drive_gone", "drive %q was taken from the VM before its snapshot began", state.Name)
		}
		if err != nil {
			return err
		}
		disk := compute.FrozenDisk{Drive: d.Key, State: state.Key, Generation: d.Generations + 1, Size: d.Disksize}
		if disk.From, err = w.headPath(machine, d); err != nil {
			return err
		}
		disk.To = nextTo(disk.From, d, disk.Generation)
		layers, err := layer.Of(tx, d)
		if err != nil {
			return err
		}
		if err := layers.Room(d); err != nil {
			return err
		}
		beneath, err := layers.Beneath(d.Base)
		if err != nil {
			return err
		}
		disk.Beneath = w.paths(beneath)
		p.Disks = append(p.Disks, disk)
	}
	return nil
}

// dropSnapshot takes the rows back that the request has made.
func (w *Works) dropSnapshot(ctx context.Context, r *snapshotRun) error {
	return w.DB.Update(ctx, func(tx *store.Tx) error {
		err := tx.Delete("machine_snapshots", schema.IntValue(r.Params.Snapshot))
		if errs.Is(err, errs.NotFound) {
			err = nil
		}
		return err
	})
}

func (w *Works) makeNext(ctx context.Context, r *snapshotRun) (operation.Commit, error) {
	for _, d := range r.Params.Disks {
		if err := w.makeOver(ctx, d.To, d.From, d.Size); err != nil {
			return nil, err
		}
	}
	return nil, nil
}

func (w *Works) dropNext(_ context.Context, r *snapshotRun) error {
	var failed []error
	for _, d := range r.Params.Disks {
		failed = append(failed, fileio.Remove(d.To))
	}
	return errors.Join(failed...)
}

// freeze has a running guest go on with the next files. A machine that is off needs the rows alone.
func (w *Works) freeze(ctx context.Context, r *snapshotRun) (operation.Commit, error) {
	p := &r.Params
	domain, err := w.domain(ctx, p.Machine)
	if err != nil {
		return nil, err
	}
	live := domain.State.Active()
	if live {
		if err := w.switchLive(ctx, r, domain.Ref); err != nil {
			if live = !w.wentOff(ctx, p.Machine); live {
				return nil, err
			}
		}
	}
	if !live {
		p.Memory, p.Quiesced = "", false
	}
	if err := w.keepFirmware(ctx, r); err != nil {
		return nil, err
	}
	return func(tx *store.Tx) error { return markFrozen(tx, p) }, nil
}

// wentOff reports whether a machine that ran is off: its power can be cut while something is done with it.
func (w *Works) wentOff(ctx context.Context, machine int64) bool {
	d, err := w.domain(ctx, machine)
	return err == nil && !d.State.Active()
}

// switchLive switches the disks that the guest has; others are as those of a machine that is off. After a crash the guest may have the next files already.
func (w *Works) switchLive(ctx context.Context, r *snapshotRun, ref libvirt.Ref) error {
	p := &r.Params
	has, err := w.files(ctx, libvirt.Info{Ref: ref})
	if err != nil {
		return err
	}
	s := libvirt.Switch{Disks: map[string]string{}}
	for _, d := range p.Disks {
		if has[d.From] {
			s.Disks[d.From] = d.To
		}
		if has[d.To] {
			return nil
		}
	}
	if len(s.Disks) == 0 {
		p.Memory = ""
		return nil
	}
	if err := w.letIn(ctx, slices.Collect(maps.Values(s.Disks))...); err != nil {
		return err
	}
	if s.Quiesce, err = w.mayQuiesce(ctx, r, ref); err != nil { // also where the snapshot is deleted meanwhile
		return err
	}
	if p.Memory != "" {
		release, err := w.roomForMemory(ctx, p)
		if err != nil {
			return err
		}
		defer release()
		s.Memory = p.Memory
	}
	pause, err := w.Host.Switch(ctx, ref, s)
	if s.Quiesce && errs.Is(err, errs.Unavailable) && ctx.Err() == nil { // its agent doesn't answer: then without
		s.Quiesce = false
		pause, err = w.Host.Switch(ctx, ref, s)
	}
	p.Quiesced, p.PauseMs = s.Quiesce, pause.Milliseconds()
	return err
}

// roomForMemory makes the place of the memory's file and announces its size.
func (w *Works) roomForMemory(ctx context.Context, p *compute.VMSnapshot) (release func(), err error) {
	var ram int64
	err = w.DB.View(ctx, func(tx *store.Tx) error {
		m, err := store.GetRow[compute.Machine](tx, p.Machine)
		ram = m.RAM << 20
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(p.Memory), 0o710); err != nil {
		return nil, err
	}
	if err := errors.Join(fileio.Remove(p.Memory), w.letIn(ctx, p.Memory)); err != nil {
		return nil, err
	}
	return w.Space.Hold(ctx, space.Claim{ID: p.Memory, Path: p.Memory, Bytes: ram, Where: "the data directory"})
}

func (w *Works) mayQuiesce(ctx context.Context, r *snapshotRun, ref libvirt.Ref) (bool, error) {
	var wanted bool
	err := r.View(ctx, func(tx *store.Tx) error {
		s, err := store.GetRow[compute.MachineSnapshot](tx, r.Params.Snapshot)
		wanted = s.Quiesce
		return err
	})
	if err != nil || !wanted {
		return false, err
	}
	return w.Host.HasAgent(ctx, ref)
}

// markFrozen makes layers of the files, and the snapshot's drives rest on them.
func markFrozen(tx *store.Tx, p *compute.VMSnapshot) error {
	for _, f := range p.Disks {
		d, err := store.GetRow[compute.MachineDrive](tx, f.Drive, store.Everything())
		if err != nil {
			return err
		}
		tier, folder := placeOf(f.From)
		base, err := layer.Freeze(tx, d, tier, folder, f.Generation)
		if err != nil {
			return err
		}
		if err := store.Write(tx, f.State, compute.MachineDriveSet{}.Base(base)); err != nil {
			return err
		}
	}
	return store.Write(tx, p.Snapshot, compute.MachineSnapshotSet{}.Taken(true).Quiesced(p.Quiesced).PauseMs(p.PauseMs).Memory(p.Memory != ""))
}

// thaw has the disks go on with their former files. What was written into the next ones meanwhile comes back with them.
func (w *Works) thaw(ctx context.Context, r *snapshotRun) error {
	domain, err := w.domain(ctx, r.Params.Machine)
	if err != nil {
		return err
	}
	has, err := w.files(ctx, domain)
	if err != nil {
		return err
	}
	for _, d := range r.Params.Disks {
		switch {
		case !has[d.To]: // never switched
		case domain.State.Active():
			err = w.Host.Merge(ctx, domain.Ref, d.To, d.From, func(float64) {})
		default:
			err = block.Commit(ctx, d.To, append([]string{d.From}, d.Beneath...), d.Size)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// keepFirmware copies the variables of the firmware, and what the TPM keeps, into the snapshot's folder.
func (w *Works) keepFirmware(ctx context.Context, r *snapshotRun) error {
	machine, kept, err := w.machines(ctx, r.View, r.Params.Snapshot)
	if err != nil {
		return err
	}
	if err := firmware.CopyVariables(w.folder(machine), w.folder(kept)); err != nil {
		return err
	}
	return w.tpm(machine).CopyTo(w.folder(kept))
}

func (w *Works) tpm(m compute.Machine) firmware.TPM {
	return firmware.TPM{Dir: w.folder(m), UUID: m.UUID}
}

// machines reads the machine of a snapshot, and the one that keeps what it was.
func (w *Works) machines(ctx context.Context, view func(context.Context, func(*store.Tx) error) error, snapshot int64) (machine, kept compute.Machine, err error) {
	err = view(ctx, func(tx *store.Tx) error {
		s, err := store.GetRow[compute.MachineSnapshot](tx, snapshot)
		if err != nil {
			return err
		}
		if machine, err = store.GetRow[compute.Machine](tx, s.Machine); err != nil {
			return err
		}
		kept, err = store.GetRow[compute.Machine](tx, s.SnapMachine)
		return err
	})
	return machine, kept, err
}
