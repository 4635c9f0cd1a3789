package compute

import (
	"encoding/json"

	"github.com/google/uuid"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

var deviceHooks = engine.Hooks{
	Create: prepareDevice, Created: setUpDevice, Remove: removeDevice, Changed: devicePart.changed,
	Update: func(w *engine.Inside, old *schema.Record, _ schema.Set) error { return refuseKept(w.Tx, old) },
}

// refuseKept keeps the devices of snapshots as they were.
func refuseKept(tx *store.Tx, device *schema.Record) error {
	n, err := tx.Count("vms", store.IsAmong(compute.VMCol.Machine, compute.MachineDeviceCol.Machine.Of(device)), store.Is(compute.VMCol.IsSnapshot, true))
	if err != nil {
		return err
	}
	return refuseFrozen(n > 0)
}

var devicePart = part{machine: compute.MachineDeviceCol.Machine, orderid: compute.MachineDeviceCol.Orderid, name: compute.MachineDeviceCol.Name, kind: "device"}

func prepareDevice(w *engine.Inside, r *schema.Record) error {
	if err := devicePart.number(w, r); err != nil {
		return err
	}
	if err := fitsGroup(w.Tx, r); err != nil {
		return err
	}
	col := compute.MachineDeviceCol
	if col.Type.Of(r).Text() != compute.DeviceTPM {
		return refusePassthrough(w, r)
	}
	id, err := uuid.Parse(col.UUID.Of(r).Text())
	if col.UUID.Of(r).IsNull() {
		id, err = uuid.NewRandom()
	}
	if err != nil {
		return errs.Field("uuid", "is not a UUID")
	}
	col.UUID.Put(r, id.String())
	w.Response["uuid"] = id.String()
	if err := refuseKept(w.Tx, r); err != nil {
		return err
	}
	n, err := w.Tx.Count("machine_devices", store.IsAmong(col.Machine, col.Machine.Of(r)), store.Is(col.Type, compute.DeviceTPM))
	if err != nil {
		return err
	}
	if n > 0 {
		return errs.New(errs.Conflict, "second_tpm", "the VM has a TPM already; it can have one").On("type")
	}
	return refuseNode(w, col.Machine.Of(r))
}

// setUpDevice gives a new device the settings that came with it.
func setUpDevice(w *engine.Inside, r *schema.Record) error {
	raw := w.Given["settings_args"]
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	var args struct{ Model, Version string }
	if err := json.Unmarshal(raw, &args); err != nil {
		return errs.Field("settings_args", "must be an object such as {\"model\":\"tpm-crb\",\"version\":\"2.0\"}")
	}
	settings := schema.Input{}
	for column, value := range map[string]string{"model": args.Model, "version": args.Version} {
		if value != "" {
			settings[column] = engine.Text(value)
		}
	}
	if err := store.Write(w.Tx, r.Key, compute.MachineDeviceSet{}.Null(compute.MachineDeviceCol.SettingsArgs)); err != nil {
		return err // they live on as the row of settings
	}
	return w.Update("machine_device_settings_tpm", r.Key.Text(), settings)
}

// removeDevice keeps the row of a device that a guest has.
func removeDevice(w *engine.Inside, r *schema.Record) error {
	if err := refuseKept(w.Tx, r); err != nil {
		return err
	}
	status, err := store.GetRow[compute.MachineStatus](w.Tx, compute.MachineDeviceCol.Machine.Of(r))
	if err != nil || !status.Running && !status.Powerstate && !status.Asleep {
		return err
	}
	return errs.New(errs.Conflict, "device_in_use", "device %q can't be taken from a VM that runs; power that off first", compute.MachineDeviceCol.Name.Of(r).Text())
}
