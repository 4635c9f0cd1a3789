package compute

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// hotplugDrive refuses what it can't do yet, and what makes no sense. To detach a drive that no guest has is done already: the Go SDK asks for it before it
// deletes a drive that isn't offline, such as one whose import has failed.
func hotplugDrive(w *engine.Inside, r *schema.Record, params schema.Set) error {
	name, machine := compute.VMCol.Name.Of(r).Text(), compute.VMCol.Machine.Of(r).Int()
	if params["device"].IsNull() {
		return errs.New(errs.NotBuilt, "not_built", "hotplugdrive: it makes no drive yet; make one and power %q off and on", name)
	}
	drive, err := store.GetRow[compute.MachineDrive](w.Tx, params["device"])
	if errs.Is(err, errs.NotFound) || err == nil && drive.Machine != machine {
		return errs.Field("device", "VM \"%s\" has no drive %d", errs.Clip(name), params["device"].Int())
	}
	if err != nil {
		return err
	}
	held, err := store.GetRow[compute.MachineDriveStatus](w.Tx, drive.Key)
	if err != nil {
		return err
	}
	power, err := store.GetRow[compute.MachineStatus](w.Tx, machine)
	switch {
	case err != nil:
		return err
	case params["unplug"].Bool() && held.Holder == 0:
		return nil
	case !power.Running && !power.Powerstate:
		return errs.New(errs.Conflict, "vm_not_running", "VM %q isn't running; it gets its drives when it starts", name)
	}
	return errs.New(errs.NotBuilt, "not_built", "hotplugdrive: drives can't be attached to or detached from a running VM yet; power %q off first", name)
}
