package compute

import (
	"cmp"
	"encoding/json"
	"maps"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// snapshotVM takes a snapshot by an action of the VM, for which the right to change the VM is enough.
func snapshotVM(w *engine.Inside, r *schema.Record, params schema.Set, quiesce bool) error {
	now := w.Tx.Now()
	set := compute.MachineSnapshotSet{}.Machine(compute.VMCol.Machine.Of(r).Int()).Quiesce(quiesce).Memory(params["memory"].Bool()).CreatedManually(true).
		Name(cmp.Or(params["name"].Text(), now.UTC().Format("2006-01-02 15:04:05")))
	if text := params["description"]; !text.IsNull() {
		set.Description(text.Text())
	}
	if retention := params["retention"].Int(); retention > 0 {
		set.Expires(now.Unix() + retention)
	}
	made := store.RecordOf(w.Tx, set)
	if err := prepareSnapshot(w, made); err != nil {
		return err
	}
	if _, err := w.Tx.Create(made, nil); err != nil {
		return err
	}
	return beginSnapshot(w, made)
}

// restoreVM goes back to a snapshot. Clients name the two in several ways: the VM and the snapshot; the VM by its machine's key, which may be another VM's
// key; or the snapshot's own machine alone.
func restoreVM(w *engine.Inside, r *schema.Record, params schema.Set) error {
	snapshot, err := snapshotMeant(w, r, params)
	if err != nil {
		return err
	}
	vm, err := vmOf(w.Tx, snapshot.Machine)
	if err != nil {
		return err
	}
	if vm.Key != r.Key { // whose rights haven't been asked for
		return w.Act("vms", vm.Key.Text(), "restore", withSnapshot(w.Given, snapshot.Key))
	}
	switch {
	case !snapshot.Taken:
		return errs.New(errs.Conflict, "snapshot_incomplete", "snapshot %q isn't taken yet; wait for its operation", snapshot.Name)
	case params["name"].Text() != "":
		return restoreAsNew(w, snapshot, params)
	case params["paused"].Bool() && !snapshot.Memory:
		return errs.Field("paused", "snapshot %q has no memory, so there is no guest that could stand still", snapshot.Name)
	}
	return w.Begin(vm, compute.VMRevert{Snapshot: snapshot.Key, PowerOn: params["poweron"].Bool(), Paused: params["paused"].Bool()})
}

// restoreAsNew makes another VM of what the VM was at a snapshot: a clone of the snapshot's own VM.
func restoreAsNew(w *engine.Inside, s compute.MachineSnapshot, params schema.Set) error {
	if params["paused"].Bool() {
		return errs.Field("paused", "a new VM begins without the guest's memory; leave it out")
	}
	kept, err := w.Tx.Find("vms", store.Is(compute.VMCol.Machine, s.SnapMachine))
	if err != nil {
		return err
	}
	if len(kept) == 0 {
		return errs.New(errs.Conflict, "snapshot_incomplete", "snapshot %q has no VM to make another one of", s.Name)
	}
	in := maps.Clone(w.Given)
	maps.DeleteFunc(in, func(param string, _ json.RawMessage) bool { return param != "name" && param != "preserve_macs" })
	if err := w.Act("vms", kept[0].Key.Text(), "clone", in); err != nil || !params["poweron"].Bool() {
		return err
	}
	return w.Act("vms", w.Response["vmkey"], "poweron", nil)
}

// withSnapshot is what a client gave, with the snapshot by its key.
func withSnapshot(given schema.Input, key int64) schema.Input {
	in := maps.Clone(given)
	if in == nil {
		in = schema.Input{}
	}
	in["snapshot"] = engine.Number(key)
	return in
}

// snapshotMeant finds the snapshot that a restore names.
func snapshotMeant(w *engine.Inside, r *schema.Record, params schema.Set) (s compute.MachineSnapshot, err error) {
	key := params["snapshot_id"]
	if key.IsNull() {
		key = params["snapshot"]
	}
	if !key.IsNull() {
		return store.GetRow[compute.MachineSnapshot](w.Tx, key)
	}
	found, err := store.FindRows[compute.MachineSnapshot](w.Tx, store.Is(compute.MachineSnapshotCol.SnapMachine, compute.VMCol.Machine.Of(r).Int()))
	if err == nil && len(found) == 0 {
		err = errs.Field("snapshot", "name the snapshot to go back to")
	}
	if err != nil {
		return s, err
	}
	return found[0], nil
}

// notOfSnapshots keeps an action off the VMs of snapshots: they are what was, and never run.
func notOfSnapshots(act engine.Action) engine.Action {
	return func(w *engine.Inside, r *schema.Record, params schema.Set) error {
		if err := refuseSnapshots(r); err != nil {
			return err
		}
		return act(w, r, params)
	}
}

func refuseSnapshots(vm *schema.Record) error {
	if !compute.VMCol.IsSnapshot.Of(vm).Bool() {
		return nil
	}
	return errs.New(errs.Conflict, "vm_is_snapshot", "this VM is a snapshot and can't be changed; clone it, or delete the snapshot")
}

func refuseFrozen(frozen bool) error {
	if !frozen {
		return nil
	}
	return errs.New(errs.Conflict, "part_of_snapshot", "this is part of a snapshot and can't be changed; delete the snapshot instead")
}
