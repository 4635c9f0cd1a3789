package compute

import (
	"encoding/json"
	"slices"
	"time"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// cloneVM makes the rows of a VM that is as another one, and begins the operation that gives its disks their content.
func cloneVM(w *engine.Inside, r *schema.Record, params schema.Set) error {
	if err := perm.Check(w.Tx, w.Actor, perm.Read, r); err != nil {
		return err // whoever has the clone reads all that the VM holds
	}
	made, err := copyVM(w, r, params)
	if err != nil {
		return err
	}
	clone := store.RowOf[compute.VM](made)
	op := compute.VMClone{VM: clone.Key, Full: params["full"].Bool()}
	from := compute.VMCol.Machine.Of(r)
	snapshot, states, err := takeForClone(w, r, params)
	if err != nil {
		return err
	}
	op.Snapshot, op.Firmware, op.TPM = snapshot, from.Int(), params["preserve_device_uuids"].Bool()
	if snapshot != 0 {
		taken, err := store.GetRow[compute.MachineSnapshot](w.Tx, snapshot)
		if err != nil {
			return err
		}
		op.Firmware = taken.SnapMachine
	}
	if op.Disks, err = copyDrives(w, from, clone.Machine, states, params); err != nil {
		return err
	}
	if err := copyCards(w, from, clone.Machine, params["preserve_macs"].Bool()); err != nil {
		return err
	}
	devices, err := copyDevices(w, from, clone.Machine)
	if err != nil {
		return err
	}
	if err := copyCloudinit(w, r, made); err != nil {
		return err
	}
	if len(op.Disks) > 0 || clone.UEFI || devices > 0 {
		if err := w.Begin(r, op); err != nil {
			return err
		}
	}
	machine, err := store.GetRow[compute.Machine](w.Tx, clone.Machine)
	clear(w.Response)
	for name, key := range map[string]int64{"vmkey": clone.Key, "machinekey": machine.Key, "machinestatuskey": machine.Key, "clusterkey": machine.Cluster} {
		w.Response[name] = schema.IntValue(key).Text()
	}
	return err
}

// copyVM makes the VM's row. Its password for the console isn't copied: it is sealed for the row that has it.
func copyVM(w *engine.Inside, r *schema.Record, params schema.Set) (*schema.Record, error) {
	in := copyOf(r, compute.VMCol.ConsolePassEnabled, compute.VMCol.CloudinitFiles)
	machine, err := w.Tx.Get("machines", compute.VMCol.Machine.Of(r))
	if err != nil {
		return nil, err
	}
	for _, f := range r.Table.Fields {
		if f.Bond == schema.Forwarded && !machine.Get(f.Name).IsNull() {
			in[f.Name] = machine.Table.Field(f.Name).Show(machine.Get(f.Name))
		}
	}
	in["name"], in["created_from"] = engine.Text(params["name"].Text()), engine.Text("clone")
	if v := params["description"]; !v.IsNull() {
		in["description"] = engine.Text(v.Text())
	}
	if v := params["cluster"]; !v.IsNull() {
		in["cluster"] = engine.Number(v.Int())
	}
	inner := schema.Set{}
	if meta := compute.VMCol.Meta.Of(r); !meta.IsNull() {
		inner[compute.VMCol.Meta.Name()] = meta
	}
	return w.CreateWith("vms", in, inner)
}

// copyOf is what a client would send to make a row like this one, but for what no two rows may share, what is secret, and the columns named.
func copyOf(r *schema.Record, but ...schema.Named) schema.Input {
	in := schema.Input{}
	for _, f := range r.Table.Fields {
		left := slices.ContainsFunc(but, func(c schema.Named) bool { return c.Name() == f.Name })
		if f.Stored() && f.Writable(true) && !f.IsUnique && !f.IsSecret && !left && !r.Get(f.Name).IsNull() {
			in[f.Name] = f.Show(r.Get(f.Name))
		}
	}
	return in
}

// takeForClone takes a snapshot of a VM that runs, or is about to, by which its guest goes on without a stop. It returns what that keeps of each drive.
func takeForClone(w *engine.Inside, r *schema.Record, params schema.Set) (snapshot int64, states map[int64]int64, err error) {
	machine := compute.VMCol.Machine.Of(r)
	status, err := store.GetRow[compute.MachineStatus](w.Tx, machine)
	switch {
	case err != nil || compute.VMCol.IsSnapshot.Of(r).Bool():
		return 0, nil, err
	case sleeps(status):
		return 0, nil, errs.New(errs.Conflict, "vm_hibernated", "a hibernated VM can't be cloned, since its guest's memory belongs to its disks; power it on first")
	case !status.Running && !status.Powerstate:
		return 0, nil, nil
	}
	const long = 24 * 60 * 60 // in case that nobody lets go of it
	of, now := compute.MachineSnapshotCol, w.Tx.Now()
	taken, err := w.Create("machine_snapshots", schema.Input{
		of.Machine.Name(): engine.Number(machine.Int()), of.Name.Name(): engine.Text("for a clone, " + now.UTC().Format(time.DateTime)),
		of.Quiesce.Name(): engine.Flag(params["quiesce"].Bool()), of.Expires.Name(): engine.Number(now.Unix() + long),
	})
	if err != nil {
		return 0, nil, err
	}
	row, err := store.GetRow[compute.MachineSnapshot](w.Tx, taken.Key)
	if err != nil {
		return 0, nil, err
	}
	kept, err := store.FindRows[compute.MachineDrive](w.Tx, store.Is(compute.MachineDriveCol.Machine, row.SnapMachine))
	states = map[int64]int64{}
	for _, d := range kept {
		states[d.Origin] = d.Key
	}
	return row.Key, states, err
}

// endMaking stops the operations that a VM is being made by, as a clone or from a file: it is deleted.
func endMaking(w *engine.Inside, r *schema.Record) error {
	open, err := operation.Open(w.Tx)
	if err != nil {
		return err
	}
	for _, row := range open {
		var params struct {
			VM int64 `json:"vm"`
		}
		making := row.Kind == compute.VMClone{}.Operation() || row.Kind == compute.ApplianceImport{}.Operation()
		if !making || json.Unmarshal([]byte(row.Params), &params) != nil || params.VM != r.Key.Int() {
			continue
		}
		if err := ignoreEnded(operation.Cancel(w.Tx, row.Key)); err != nil {
			return err
		}
	}
	return nil
}
