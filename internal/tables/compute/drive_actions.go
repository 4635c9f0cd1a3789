package compute

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/held"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// eraseDrive begins the operation that empties a disk.
func eraseDrive(w *engine.Inside, r *schema.Record, params schema.Set) error {
	vm := store.RowOf[compute.VM](r)
	if params["drive"].IsNull() {
		return errs.Field("drive", "name the drive to erase")
	}
	d, err := store.GetRow[compute.MachineDrive](w.Tx, params["drive"])
	switch {
	case errs.Is(err, errs.NotFound) || err == nil && d.Machine != vm.Machine:
		return errs.Field("drive", "VM \"%s\" has no drive %d", errs.Clip(vm.Name), params["drive"].Int())
	case err != nil:
		return err
	case d.Media == "cdrom":
		return errs.Field("drive", "drive \"%s\" is a CD-ROM drive; only disks can be erased", errs.Clip(d.Name))
	}
	if err := held.Drive(w.Tx, d); err != nil {
		return err
	}
	status, err := store.GetRow[compute.MachineDriveStatus](w.Tx, d.Key)
	if err == nil && !status.Ready {
		err = errs.New(errs.Conflict, "drive_not_ready", "drive %q has no disk that could be erased; its status says why", d.Name)
	}
	if err != nil {
		return err
	}
	return w.Begin(r, compute.DriveErase{Machine: vm.Machine, Drive: d.Key})
}

// fsyncStrict has the writes of all disks of a VM be on the host's disk before they count as done.
func fsyncStrict(w *engine.Inside, r *schema.Record, _ schema.Set) error {
	drives, err := store.FindRows[compute.MachineDrive](w.Tx, store.Is(compute.MachineDriveCol.Machine, compute.VMCol.Machine.Of(r).Int()))
	if err != nil {
		return err
	}
	for _, d := range drives {
		if d.Media == "cdrom" || d.Fsync == "1" {
			continue
		}
		if err := w.Update("machine_drives", d.KeyValue().Text(), schema.Input{compute.MachineDriveCol.Fsync.Name(): engine.Text("1")}); err != nil {
			return err
		}
	}
	return nil
}
