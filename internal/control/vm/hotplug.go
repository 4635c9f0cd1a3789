package vm

import (
	"context"
	"errors"
	"os"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/held"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/network"
	"dewpoint/internal/operation"
	"dewpoint/internal/pause"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// patience is how long a guest has to let go of a device, and a new disk to be made, where Works doesn't say otherwise. look is how often is looked.
const (
	patience = time.Minute
	lookPart = 100 * time.Millisecond
)

type hotplugRun = operation.Run[compute.Hotplug]

// hotplug plugs a part of a machine into its running guest. Where there is no guest any more, there is nothing to do: the next one starts with the part. All
// steps can be repeated, for the domain says whether it has the part.
func (w *Works) hotplug() operation.Kind {
	const atOnce = 16
	return operation.Define(operation.Spec[compute.Hotplug]{AtOnce: atOnce, Steps: []operation.Step[compute.Hotplug]{
		{Name: "waiting for the device", Do: w.awaitPart, Undo: w.dropPart},
		{Name: "plugging it in", Do: w.plugIn, Undo: w.plugOut},
	}})
}

func (w *Works) patience() time.Duration {
	if w.Patience > 0 {
		return w.Patience
	}
	return patience
}

// awaitPart waits until the part can be plugged in: its disk is made and lies where it belongs, its network runs. From the mark of this step on the
// storage controller leaves the machine's disks where they are.
func (w *Works) awaitPart(ctx context.Context, r *hotplugRun) (operation.Commit, error) {
	var seen Machine
	for end := time.Now().Add(w.patience()); ; {
		var waits string
		err := r.View(ctx, func(tx *store.Tx) (err error) {
			if seen, err = w.Rows.One(tx, r.Params.Machine); err == nil {
				waits, err = absent(tx, &seen, r.Params)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
		if waits == "" {
			break
		}
		if time.Now().After(end) {
			return nil, errs.New(errs.Conflict, "device_not_ready", "it was waited for in vain: %s", errs.Ours(waits))
		}
		r.Tell(0, waits)
		if err := pause.For(ctx, lookPart); err != nil {
			return nil, err
		}
	}
	return func(tx *store.Tx) error { return unmoved(tx, &seen, r.Params) }, nil
}

// absent says what is waited for before a part can be plugged in, "" for nothing. It is an error where waiting is in vain.
func absent(tx *store.Tx, m *Machine, p compute.Hotplug) (waits string, err error) {
	switch {
	case !m.Last.Running:
		return "", nil
	case m.StartedWith == "":
		return "what the guest has is being looked at", nil
	case p.Table == "machine_nics":
		return networkOff(tx, m, p.Key)
	}
	drive := guest{m: m}.drive(p.Key)
	if drive == nil {
		return "", errs.New(errs.Conflict, "drive_gone", "the drive was disabled or taken from the VM before it was plugged in")
	}
	status, err := store.GetRow[compute.MachineDriveStatus](tx, p.Key)
	switch {
	case err != nil:
		return "", err
	case status.Status == "error":
		return "", errs.New(errs.Conflict, "drive_not_ready", "drive %q has no disk: %s", drive.Row.Name, status.StatusInfo)
	case !drive.Ready:
		return "its disk is being made", nil
	}
	if _, err := os.Lstat(drive.Path); err != nil {
		return "its disk is being moved to its place", nil
	}
	return "", nil
}

func networkOff(tx *store.Tx, m *Machine, nic int64) (waits string, err error) {
	card := guest{m: m}.nic(nic)
	if card == nil {
		return "", errs.New(errs.Conflict, "nic_gone", "the NIC was taken from the VM, or from its network, before it was plugged in")
	}
	vnet, err := store.GetRow[network.Vnet](tx, card.Row.Vnet)
	if err != nil {
		return "", err
	}
	power, err := store.GetRow[compute.MachineStatus](tx, vnet.Machine)
	switch {
	case err != nil || power.Running:
		return "", err
	case !power.Powerstate:
		return "", errs.New(errs.Conflict, "network_off", "network %q is off; power it on first", vnet.Name)
	}
	return "its network is being started", nil
}

// unmoved is Unavailable, so that the step is done again, where a drive's place has changed since it was looked at.
func unmoved(tx *store.Tx, seen *Machine, p compute.Hotplug) error {
	drive := guest{m: seen}.drive(p.Key)
	if p.Table != "machine_drives" || drive == nil {
		return nil
	}
	now, err := store.GetRow[compute.MachineDrive](tx, p.Key)
	if err == nil && (now.Machine != drive.Row.Machine || now.PreferredTier != drive.Row.PreferredTier || now.Generation != drive.Row.Generation) {
		err = errs.New(errs.Unavailable, "drive_moved", "the drive was moved meanwhile")
	}
	return err
}

// dropPart takes back what the request has done: the row goes, or is disabled again. The guest doesn't have the part.
func (w *Works) dropPart(ctx context.Context, r *hotplugRun) error {
	p := r.Params
	return w.DB.Update(ctx, func(tx *store.Tx) error {
		err := held.Unplug(tx, p.Machine, p.Table, p.Key)
		if err == nil {
			switch {
			case p.Made:
				err = tx.Delete(p.Table, schema.IntValue(p.Key))
			case p.Enabled:
				err = disable(tx, p.Table, p.Key)
			}
		}
		if errs.Is(err, errs.NotFound) {
			err = nil // somebody has deleted it
		}
		return errors.Join(err, held.Tell(tx, p.Machine))
	})
}

func disable(tx *store.Tx, table string, key int64) error {
	if table == "machine_nics" {
		return store.Write(tx, key, compute.MachineNICSet{}.Enabled(false))
	}
	return store.Write(tx, key, compute.MachineDriveSet{}.Enabled(false))
}

// plugIn plugs the part in, unless the domain has it, or there is none that runs.
func (w *Works) plugIn(ctx context.Context, r *hotplugRun) (operation.Commit, error) {
	p := r.Params
	d, err := w.domain(ctx, p.Machine)
	if err != nil || !d.State.Active() {
		return nil, err
	}
	var m Machine
	if err := r.View(ctx, func(tx *store.Tx) (err error) { m, err = w.Rows.One(tx, p.Machine); return err }); err != nil {
		return nil, err
	}
	domain, err := w.Host.Describe(ctx, d.Ref)
	if err != nil {
		return nil, err
	}
	part, err := newPart(domain, &m, p.Table, p.Key)
	if err != nil {
		return nil, err
	}
	if w.elementOf(domain, p.Table, p.Key) == nil {
		if err := w.attach(ctx, d.Ref, part); err != nil {
			return nil, err
		}
	}
	return func(tx *store.Tx) error { return held.Plug(tx, p.Machine, part.rows) }, nil
}

// plugOut takes back what was plugged in.
func (w *Works) plugOut(ctx context.Context, r *hotplugRun) error {
	return w.release(ctx, r.Params.Machine, r.Params.Table, r.Params.Key, r.Tell)
}
