package compute

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// hot is a VM whose parts are to be plugged in or out.
type hot struct {
	w      *engine.Inside
	r      *schema.Record
	vm     compute.VM
	status compute.MachineStatus
}

func openHot(w *engine.Inside, r *schema.Record) (hot, error) {
	h := hot{w: w, r: r, vm: store.RowOf[compute.VM](r)}
	var err error
	if h.status, err = store.GetRow[compute.MachineStatus](w.Tx, h.vm.Machine); err == nil && sleeps(h.status) {
		err = errs.New(errs.Conflict, "vm_hibernated", "VM %q is hibernated, and its guest goes on with the hardware that it had; power it on first", h.vm.Name)
	}
	return h, err
}

// on reports whether there is a guest, or about to be one.
func (h hot) on() bool { return h.status.Running || h.status.Powerstate }

// mine is Invalid for a part of another machine.
func (h hot) mine(kind string, key, machine int64, err error) error {
	if errs.Is(err, errs.NotFound) || err == nil && machine != h.vm.Machine {
		return errs.Field("device", "VM \"%s\" has no %s %d", errs.Clip(h.vm.Name), errs.Ours(kind), key)
	}
	return err
}

// enable writes whether a part belongs to the VM's hardware, where its row says otherwise.
func (h hot) enable(table string, key int64, is, wanted bool) error {
	if is == wanted {
		return nil
	}
	return h.w.Update(table, schema.IntValue(key).Text(), schema.Input{compute.MachineDriveCol.Enabled.Name(): engine.Flag(wanted)})
}

// plug enables a part and, where a guest is there to get it, begins the operation that plugs it in. Held says that the guest has it. It is a Conflict where
// there is no guest and nothing to enable: a client would wait for a device that nobody gets.
func (h hot) plug(p compute.Hotplug, enabled, held bool) error {
	if !h.on() && enabled && !p.Made {
		return errs.New(errs.Conflict, "vm_not_running", "VM %q isn't running; it gets its devices when it starts", h.vm.Name)
	}
	if err := h.enable(p.Table, p.Key, enabled, true); err != nil || !h.on() || held {
		return err
	}
	if !h.vm.AllowHotplug {
		return errs.New(errs.Conflict, "hotplug_not_supported", "VM %q has allow_hotplug off, so nothing can be plugged in while it runs; power it off first, or set allow_hotplug and restart it", h.vm.Name).On("allow_hotplug")
	}
	p.Machine, p.Enabled = h.vm.Machine, !enabled
	return h.w.Begin(h.r, p)
}

// unplug disables a part that no guest has. Else an operation asks the guest to let go of it first.
func (h hot) unplug(p compute.Unplug, enabled, held bool) error {
	if !held {
		open, err := operation.Last(h.w.Tx, operation.MachineQueue(h.vm.Machine))
		if err != nil {
			return err
		}
		held = h.status.Powerstate && !h.status.Running || open != 0 // the guest may be about to get it
	}
	switch {
	case h.on() && held && p.Delete:
		if err := h.mayDelete(p.Table, p.Key); err != nil {
			return err
		}
	case h.on() && held:
	case p.Delete:
		return h.w.Delete(p.Table, schema.IntValue(p.Key).Text())
	default:
		return h.enable(p.Table, p.Key, enabled, false)
	}
	p.Machine = h.vm.Machine
	return h.w.Begin(h.r, p)
}

// mayDelete asks for the right to delete a part, which the operation is to do.
func (h hot) mayDelete(table string, key int64) error {
	row, err := h.w.Tx.Get(table, schema.IntValue(key))
	if err != nil {
		return err
	}
	return perm.Check(h.w.Tx, h.w.Actor, perm.Delete, row)
}

// hotplugDrive plugs a disk in or out. To take out what no guest has is done at once: the Go SDK asks for it before it deletes a drive that isn't offline,
// such as one whose import has failed.
func hotplugDrive(w *engine.Inside, r *schema.Record, params schema.Set) error {
	h, err := openHot(w, r)
	if err != nil {
		return err
	}
	key, made := params["device"].Int(), params["device"].IsNull()
	if made {
		if key, err = h.newDrive(params); err != nil {
			return err
		}
	}
	drive, err := store.GetRow[compute.MachineDrive](w.Tx, key)
	if err := h.mine("drive", key, drive.Machine, err); err != nil {
		return err
	}
	has, err := store.GetRow[compute.MachineDriveStatus](w.Tx, key)
	if err != nil {
		return err
	}
	held := has.Holder != 0
	if h.on() && held == params["unplug"].Bool() && !compute.HotDrive(drive) {
		return errs.New(errs.Conflict, "hotplug_not_supported", "drive %q can't be plugged while VM %q runs: %s", drive.Name, h.vm.Name, errs.Ours(compute.ColdDrive)).On("device")
	}
	if params["unplug"].Bool() {
		return h.unplug(compute.Unplug{Table: "machine_drives", Key: key, Delete: params["delete"].Bool()}, drive.Enabled, held)
	}
	if err := h.hasDisk(drive, has); err != nil {
		return err
	}
	return h.plug(compute.Hotplug{Table: "machine_drives", Key: key, Made: made}, drive.Enabled, held)
}

// newDrive makes the drive that the Python SDK describes: its size is in GB.
func (h hot) newDrive(params schema.Set) (int64, error) {
	const gb = 1 << 30
	if params["unplug"].Bool() {
		return 0, errs.Field("device", "name the drive to unplug")
	}
	in := h.given("name", "interface", "media", "preferred_tier", "media_source")
	if params["disksize"].IsNull() && len(in) == 1 {
		return 0, errs.Field("device", "name the drive to plug in, or describe a new one")
	}
	if size := params["disksize"]; !size.IsNull() {
		if size.Real() < 0 || size.Real() > 1<<20 {
			return 0, errs.Field("disksize", "is in GB, and can't be %v", size.Real())
		}
		in["disksize"] = engine.Number(int64(size.Real() * gb))
	}
	return h.makePart("machine_drives", in)
}

// given are the params of those names that the client gave.
func (h hot) given(names ...string) schema.Input {
	in := schema.Input{compute.MachineDriveCol.Machine.Name(): engine.Number(h.vm.Machine)}
	for _, name := range names {
		if raw, is := h.w.Given[name]; is {
			in[name] = raw
		}
	}
	return in
}

func (h hot) makePart(table string, in schema.Input) (int64, error) {
	r, err := h.w.Create(table, in)
	if err != nil {
		return 0, err
	}
	h.w.Response["device"] = r.Key.Text()
	return r.Key.Int(), nil
}

// hasDisk begins the import of a disk that is still to be made, so that it comes first in the machine's queue. It is a Conflict where nothing can be made: the
// operation would hold up those of the machine until a client sends the rest of a file.
func (h hot) hasDisk(d compute.MachineDrive, status compute.MachineDriveStatus) error {
	switch {
	case !h.on() || status.Ready:
		return nil
	case status.Status == "error":
		return errs.New(errs.Conflict, "drive_not_ready", "drive %q has no disk: %s", d.Name, status.StatusInfo)
	case d.MediaSource == 0:
		return nil // an empty one is made at once
	}
	if err := wholeFile(h.w, d.MediaSource, h.vm.Name); err != nil {
		return err
	}
	row, err := h.w.Tx.Get("machine_drives", d.KeyValue())
	if err != nil {
		return err
	}
	open, err := operation.About(h.w.Tx, engine.PathOf(row).Text(), compute.DriveImport{}.Operation())
	if err != nil || open {
		return err
	}
	return importDrive(h.w, row)
}
