package compute

import (
	"encoding/json"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// changeCD puts a file into a CD-ROM drive, or empties it. What a running guest gets of the row, it gets as of any change of it.
func changeCD(w *engine.Inside, r *schema.Record, params schema.Set) error {
	machine := compute.VMCol.Machine.Of(r).Int()
	drives, err := store.FindRows[compute.MachineDrive](w.Tx, store.Is(compute.MachineDriveCol.Machine, machine), store.Is(compute.MachineDriveCol.Media, "cdrom"))
	if err != nil {
		return err
	}
	keys := make([]int64, len(drives))
	for i, d := range drives {
		keys[i] = d.Key
	}
	drive, err := meant(r, "drive", "CD-ROM drive", either(params, "drive", "device"), keys)
	if err != nil {
		return err
	}
	file, medium := either(params, "file", "media_source"), json.RawMessage("null")
	switch {
	case file.IsNull() != params["eject"].Bool():
		return errs.Field("file", "name the file to put in, or set eject to take out what is in it")
	case !file.IsNull():
		medium = engine.Number(file.Int())
	}
	return w.Update("machine_drives", schema.IntValue(drive).Text(), schema.Input{"media_source": medium})
}

// changeNet moves a card to another network, or changes its link.
func changeNet(w *engine.Inside, r *schema.Record, params schema.Set) error {
	nics, err := store.FindRows[compute.MachineNIC](w.Tx, store.Is(compute.MachineNICCol.Machine, compute.VMCol.Machine.Of(r).Int()))
	if err != nil {
		return err
	}
	keys := make([]int64, len(nics))
	for i, n := range nics {
		keys[i] = n.Key
	}
	nic, err := meant(r, "nic", "NIC", either(params, "nic", "device"), keys)
	if err != nil {
		return err
	}
	in := schema.Input{}
	if vnet := params["vnet"]; !vnet.IsNull() {
		in["vnet"] = engine.Number(vnet.Int())
	}
	if _, given := w.Given["enabled"]; given { // a bool that isn't given reads as false
		in["enabled"] = engine.Flag(params["enabled"].Bool())
	}
	if len(in) == 0 {
		return errs.Field("vnet", "name the network to move the NIC to, or say with enabled whether its cable is plugged in")
	}
	return w.Update("machine_nics", schema.IntValue(nic).Text(), in)
}

// either is the value of a param that has two names.
func either(params schema.Set, name, other string) schema.Value {
	if v := params[name]; !v.IsNull() {
		return v
	}
	return params[other]
}

// meant finds the part of a VM that an action names, or the only one that there is.
func meant(r *schema.Record, param, kind string, key schema.Value, keys []int64) (int64, error) {
	if key.IsNull() && len(keys) == 1 {
		return keys[0], nil
	}
	for _, k := range keys {
		if !key.IsNull() && k == key.Int() {
			return k, nil
		}
	}
	if key.IsNull() {
		return 0, errs.Field(param, "VM \"%s\" has %d of the kind %s; name the one that is meant", errs.Clip(compute.VMCol.Name.Of(r).Text()), len(keys), errs.Ours(kind))
	}
	return 0, errs.Field(param, "VM \"%s\" has no %s %d", errs.Clip(compute.VMCol.Name.Of(r).Text()), errs.Ours(kind), key.Int())
}

// wholeFile is a Conflict for a file of which bytes are still missing.
func wholeFile(w *engine.Inside, key int64, vm string) error {
	file, err := store.GetRow[storage.File](w.Tx, key)
	if err == nil && !file.Complete {
		err = errs.New(errs.Conflict, "media_incomplete", "file %q, used by a drive of VM %q, isn't completely uploaded; finish the upload first", file.Name, vm)
	}
	return err
}
