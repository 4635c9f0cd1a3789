package held

import (
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/store"
)

// InUse reports whether a guest has a drive, or is just being given it. Of a machine whose guest nobody has looked at yet, which an older version of the
// program started, all drives are in use.
func InUse(machine compute.MachineStatus, drive compute.MachineDriveStatus) bool {
	return drive.Holder != 0 || machine.Running && machine.StartedWith == "" || machine.Status == "starting"
}

// unsure reports whether what the machine's guest has isn't known, or not yet: then everything that its rows name counts. It begins with the request
// for power: a start reads the rows at a moment that no request knows.
func unsure(s compute.MachineStatus) bool {
	return s.Powerstate && !s.Running || s.Running && s.StartedWith == ""
}

// Drive is a Conflict while a guest has the drive, or may be about to start with it.
func Drive(tx *store.Tx, d compute.MachineDrive) error {
	status, err := store.GetRow[compute.MachineDriveStatus](tx, d.Key)
	if err != nil {
		return err
	}
	machine, err := store.GetRow[compute.MachineStatus](tx, d.Machine, store.Everything())
	switch {
	case err != nil:
		return err
	case status.Holder != 0:
		return inUse(tx, "drive", d.Name, status.Holder)
	case d.Enabled && unsure(machine):
		return inUse(tx, "drive", d.Name, d.Machine)
	}
	return nil
}

// NIC is a Conflict while a guest has the card, or may be about to start with it.
func NIC(tx *store.Tx, n compute.MachineNIC) error {
	status, err := store.GetRow[compute.MachineNICStatus](tx, n.Key)
	if err != nil {
		return err
	}
	machine, err := store.GetRow[compute.MachineStatus](tx, n.Machine, store.Everything())
	if err == nil && (status.HeldVnet != 0 || n.Enabled && n.Vnet != 0 && unsure(machine)) {
		err = inUse(tx, "nic", n.Name, n.Machine)
	}
	return err
}

// Network is a Conflict while a guest has a card in the network, or may be about to start with one.
func Network(tx *store.Tx, vnet int64, name string) error {
	plugged, err := store.FindRows[compute.MachineNICStatus](tx, store.Is(compute.MachineNICStatusCol.HeldVnet, vnet))
	if err != nil {
		return err
	}
	if len(plugged) > 0 {
		nic, err := store.GetRow[compute.MachineNIC](tx, plugged[0].Key)
		if err != nil {
			return err
		}
		return inUse(tx, "network", name, nic.Machine)
	}
	nics, err := store.FindRows[compute.MachineNIC](tx, store.Is(compute.MachineNICCol.Vnet, vnet), store.Is(compute.MachineNICCol.Enabled, true))
	if err != nil {
		return err
	}
	for _, nic := range nics {
		machine, err := store.GetRow[compute.MachineStatus](tx, nic.Machine, store.Everything())
		if err != nil {
			return err
		}
		if unsure(machine) {
			return inUse(tx, "network", name, nic.Machine)
		}
	}
	return nil
}

// File is a Conflict while a guest reads the file as a medium, or a VM is being imported from it. One that a drive names can't be deleted anyway.
func File(tx *store.Tx, file int64, name string) error {
	imports, err := tx.Count("vm_imports", store.Is(compute.VMImportCol.File, file), store.Is(compute.VMImportCol.Importing, true))
	if err != nil {
		return err
	}
	if imports > 0 {
		return errs.New(errs.Conflict, "file_in_use", "a VM is being imported from file %q; wait for that, or abort it", name)
	}
	drives, err := store.FindRows[compute.MachineDriveStatus](tx, store.Everything(), store.Is(compute.MachineDriveStatusCol.HeldFile, file))
	if err != nil || len(drives) == 0 {
		return err
	}
	return inUse(tx, "file", name, drives[0].Holder)
}

// inUse names the VM, which the caller may not be able to see: it has the thing by a right that somebody gave it.
func inUse(tx *store.Tx, kind, name string, machine int64) error {
	m, err := store.GetRow[compute.Machine](tx, machine, store.Everything())
	if err != nil {
		return err
	}
	status, err := store.GetRow[compute.MachineStatus](tx, machine, store.Everything())
	if err != nil {
		return err
	}
	if status.Asleep {
		return errs.New(errs.Conflict, kind+"_in_use", "%s %q is in use by the hibernated VM %q; power that on, or kill it to drop its memory", errs.Ours(kind), name, m.Name)
	}
	return errs.New(errs.Conflict, kind+"_in_use", "%s %q is in use by the running VM %q; power that off first", errs.Ours(kind), name, m.Name)
}
