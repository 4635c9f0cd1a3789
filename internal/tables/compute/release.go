package compute

import (
	"cmp"
	"strings"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// defaultNetwork is the network that libvirt is installed with.
const defaultNetwork = "default"

// releaseVM begins the operation that gives a VM to libvirt. What of the host may stand in the way, the operation tells.
func releaseVM(w *engine.Inside, r *schema.Record, params schema.Set) error {
	if !w.Actor.Admin {
		return errs.New(errs.Denied, "denied", "only administrators can give a VM to libvirt")
	}
	vm := store.RowOf[compute.VM](r)
	op := compute.VMRelease{VM: vm.Key, Machine: vm.Machine, Name: cmp.Or(params["name"].Text(), vm.Name), Network: params["network"].Text(), Bridge: params["bridge"].Text()}
	switch {
	case strings.Contains(op.Name, "/") || strings.TrimSpace(op.Name) != op.Name || strings.HasPrefix(op.Name, "."):
		return errs.Field("name", "%q can't be the name of a domain: it must not hold a slash, nor begin with a dot or a space; give another name", op.Name)
	case strings.HasPrefix(op.Name, "dp-"):
		return errs.Field("name", "%q can't be the name of a domain: those that begin with dp- are Dewpoint's own; give another name", op.Name)
	case op.Network != "" && op.Bridge != "":
		return errs.Field("bridge", "can't be given together with network")
	case op.Bridge == "":
		op.Network = cmp.Or(op.Network, defaultNetwork)
	}
	status, err := store.GetRow[compute.MachineStatus](w.Tx, vm.Machine)
	if err != nil {
		return err
	}
	switch {
	case status.Asleep:
		return errs.New(errs.Conflict, "vm_hibernated", "VM %q hibernates; power it on and shut it down first", vm.Name)
	case status.Running || status.Powerstate:
		return errs.New(errs.Conflict, "vm_running", "VM %q runs; shut it down first", vm.Name)
	}
	snapshots, err := w.Tx.Count("machine_snapshots", store.Is(compute.MachineSnapshotCol.Machine, vm.Machine))
	if err == nil && snapshots > 0 {
		err = errs.New(errs.Conflict, "vm_has_snapshots", "VM %q has snapshots, which a domain wouldn't have; delete them first", vm.Name)
	}
	if err != nil {
		return err
	}
	return w.Begin(r, op)
}
