package compute

import (
	"encoding/json"

	"github.com/google/uuid"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/layer"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

var snapshotHooks = engine.Hooks{Create: prepareSnapshot, Created: beginSnapshot, Update: updateSnapshot, Remove: removeSnapshot}

// prepareSnapshot refuses what can't be taken.
func prepareSnapshot(w *engine.Inside, r *schema.Record) error {
	of := compute.MachineSnapshotCol
	if _, err := vmOf(w.Tx, of.Machine.Of(r).Int()); err != nil {
		return err
	}
	if of.Expires.Of(r).Int() != 0 && of.Expires.Of(r).Int() <= w.Tx.Now().Unix() && of.ExpiresType.Of(r).Text() != "never" {
		return errs.Field("expires", "is in the past; use a later time, or 0 for never")
	}
	if timer := of.ExpiresTimer.Of(r).Int(); timer > 0 && of.Expires.Of(r).Int() == 0 {
		of.Expires.Put(r, w.Tx.Now().Unix()+timer)
	}
	status, err := store.GetRow[compute.MachineStatus](w.Tx, of.Machine.Of(r))
	if err == nil && sleeps(status) {
		err = errs.New(errs.Conflict, "vm_hibernated", "a hibernated VM can't have snapshots taken; power it on first")
	}
	if err != nil {
		return err
	}
	return canFreeze(w.Tx, of.Machine.Of(r).Int())
}

// sleeps reports whether a guest's memory lies in a file, or is on the way there, and so belongs to its disks as they are.
func sleeps(s compute.MachineStatus) bool {
	return s.Status == "hibernated" || s.Status == "hibernating"
}

// canFreeze refuses a machine with a disk that isn't there yet, or that rests on too many layers.
func canFreeze(tx *store.Tx, machine int64) error {
	drives, err := store.FindRows[compute.MachineDrive](tx, store.Is(compute.MachineDriveCol.Machine, machine))
	if err != nil {
		return err
	}
	layers, err := layer.Of(tx, drives...)
	if err != nil {
		return err
	}
	for _, d := range drives {
		status, err := store.GetRow[compute.MachineDriveStatus](tx, d.Key)
		if err != nil {
			return err
		}
		if !status.Ready && d.Media != "cdrom" {
			return errs.Field("machine", "drive \"%s\" has no disk yet; wait until its status is offline or online", errs.Clip(d.Name))
		}
		if err := layers.Room(d); err != nil {
			return err
		}
	}
	return nil
}

// vmOf returns the VM of a machine.
func vmOf(tx *store.Tx, machine int64) (*schema.Record, error) {
	vms, err := tx.Find("vms", store.Is(compute.VMCol.Machine, machine))
	switch {
	case err != nil:
		return nil, err
	case len(vms) == 0:
		return nil, errs.Field("machine", "machine %d doesn't belong to a VM", machine)
	case compute.VMCol.IsSnapshot.Of(vms[0]).Bool():
		return nil, errs.Field("machine", "machine %d belongs to a snapshot itself", machine)
	}
	return vms[0], nil
}

// beginSnapshot keeps the VM's rows as they are now, in those of a VM that only the snapshot has, and begins the operation that freezes the disks.
func beginSnapshot(w *engine.Inside, r *schema.Record) error {
	machine := compute.MachineSnapshotCol.Machine.Of(r).Int()
	vm, err := vmOf(w.Tx, machine)
	if err != nil {
		return err
	}
	kept, err := keepVM(w.Tx, vm, r)
	if err != nil {
		return err
	}
	if err := keepDrives(w.Tx, machine, kept); err != nil {
		return err
	}
	if err := keepCards(w.Tx, machine, kept); err != nil {
		return err
	}
	if err := keepDevices(w.Tx, machine, kept); err != nil {
		return err
	}
	if err := store.Write(w.Tx, r.Key, compute.MachineSnapshotSet{}.SnapMachine(kept)); err != nil {
		return err
	}
	return w.Begin(r, compute.VMSnapshot{Snapshot: r.Key.Int()})
}

// keepVM makes the VM of a snapshot and returns its machine. It has an id of its own, since it is another machine, and no password, which is sealed for the
// row that has it.
func keepVM(tx *store.Tx, vm, snapshot *schema.Record) (machine int64, err error) {
	kept := sameAs(vm)
	id := uuid.NewString()
	kept.PutAll(schema.Set(compute.VMSet{}.IsSnapshot(true).UUID(id).ParentVM(vm.Key.Int()).Owner(engine.PathOf(vm).Text()).
		KeptBy(engine.PathOf(snapshot).Text()).ConsolePassEnabled(false).NeedRestart(false).
		Null(compute.VMCol.ConsolePass, compute.VMCol.RestartReason)))
	if _, err := tx.Create(kept, nil); err != nil {
		return 0, err
	}
	row := store.RowOf[compute.VM](kept)
	return row.Machine, store.Write(tx, row.Machine, compute.MachineSet{}.UUID(id).Cores(row.CPUCores).RAM(row.RAM))
}

// keepDrives makes the states of a machine's drives. A file in a CD-ROM drive isn't kept: it would be one that nobody can delete.
func keepDrives(tx *store.Tx, from, to int64) error {
	drives, err := tx.Find("machine_drives", store.Is(compute.MachineDriveCol.Machine, from))
	if err != nil {
		return err
	}
	for _, d := range drives {
		kept := sameAs(d)
		kept.PutAll(schema.Set(compute.MachineDriveSet{}.Machine(to).Origin(d.Key.Int()).Base(0).Generation(0).Generations(0).UsedBytes(0).
			Null(compute.MachineDriveCol.MediaSource)))
		key, err := tx.Create(kept, nil)
		if err != nil {
			return err
		}
		if err := store.Write(tx, key, compute.MachineDriveStatusSet{}.Ready(true)); err != nil {
			return err
		}
	}
	return nil
}

// keepCards makes the states of a machine's cards. What no two cards may have stands in `was`.
func keepCards(tx *store.Tx, from, to int64) error {
	of := compute.MachineNICCol
	cards, err := tx.Find("machine_nics", store.Is(of.Machine, from))
	if err != nil {
		return err
	}
	for _, card := range cards {
		kept := sameAs(card)
		was, err := json.Marshal(compute.CardBefore{NIC: card.Key.Int(), Macaddress: of.Macaddress.Of(card).Text(), Vnet: of.Vnet.Of(card).Int()})
		if err != nil {
			return err
		}
		kept.PutAll(schema.Set(compute.MachineNICSet{}.Machine(to).Was(string(was)).IPReserved(false).Null(of.Macaddress, of.Vnet, of.Ipaddress)))
		if _, err := tx.Create(kept, nil); err != nil {
			return err
		}
	}
	return nil
}

// keepDevices makes the states of a machine's devices, with UUIDs of their own.
func keepDevices(tx *store.Tx, from, to int64) error {
	devices, err := tx.Find("machine_devices", store.Is(compute.MachineDeviceCol.Machine, from))
	if err != nil {
		return err
	}
	for _, d := range devices {
		settings, err := store.GetRow[compute.MachineDeviceSettingsTpm](tx, d.Key)
		if err != nil {
			return err
		}
		kept := sameAs(d)
		kept.PutAll(schema.Set(compute.MachineDeviceSet{}.Machine(to).UUID(uuid.NewString())))
		key, err := tx.Create(kept, nil)
		if err != nil {
			return err
		}
		if err := store.Write(tx, key, compute.MachineDeviceSettingsTpmSet{}.Model(settings.Model).Version(settings.Version)); err != nil {
			return err
		}
	}
	return nil
}

// sameAs is a new row with what another one has, but for the rows that come with it, its times and the random part of its name.
func sameAs(r *schema.Record) *schema.Record {
	made := schema.NewRecord(r.Table)
	for i, f := range r.Table.Fields {
		if _, time := f.Tick(); f.Stored() && f.Bond != schema.Owned && f.Bond != schema.Twin && !f.IsRandom && !time {
			made.PutAt(i, r.At(i))
		}
	}
	return made
}

// updateSnapshot keeps a snapshot for the time that was given from now on.
func updateSnapshot(w *engine.Inside, old *schema.Record, set schema.Set) error {
	of := compute.MachineSnapshotCol
	if timer, given := of.ExpiresTimer.In(set); given && timer.Int() > 0 {
		compute.MachineSnapshotSet(set).Expires(w.Tx.Now().Unix() + timer.Int())
	}
	return nil
}

// removeSnapshot cancels the operation that takes a snapshot, which takes back what it has done to the disks. While the VM is being taken back to a
// snapshot, that stays.
func removeSnapshot(w *engine.Inside, r *schema.Record) error {
	back, err := operation.Reverting(w.Tx)
	if err != nil {
		return err
	}
	if op := back[r.Key.Int()]; op != 0 {
		return errs.New(errs.Conflict, "snapshot_busy", "operation %d takes the VM back to this snapshot; wait for it, or cancel it first", op)
	}
	open, err := operation.Open(w.Tx)
	for _, op := range open {
		if op.Kind == (compute.VMSnapshot{}).Operation() && op.Object == engine.PathOf(r).Text() {
			err = operation.Cancel(w.Tx, op.Key)
		}
	}
	return err
}
