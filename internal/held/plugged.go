package held

import (
	"maps"

	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Plug notes that a running guest was given drives or NICs, as the rows had them at that moment. Of a machine that went off meanwhile there is nothing to note.
func Plug(tx *store.Tx, machine int64, part Rows) error {
	return amend(tx, machine, func(has snapshot, _ compute.MachineStatusSet) error {
		now := snapshotOf(tx.Schema(), part)
		delete(now, "")
		maps.Copy(has, now)
		for _, d := range part.Drives {
			tx.Touch("machine_drives", schema.IntValue(d.Key))
			if err := store.Write(tx, d.Key, compute.MachineDriveStatusSet{}.Holder(machine).Status("online")); err != nil {
				return err
			}
		}
		for _, n := range part.NICs {
			if err := writeLink(tx, n.Key, n.Vnet, n.Enabled); err != nil {
				return err
			}
		}
		return nil
	})
}

// Unplug notes that a running guest has let go of a drive or a NIC.
func Unplug(tx *store.Tx, machine int64, table string, key int64) error {
	return amend(tx, machine, func(has snapshot, _ compute.MachineStatusSet) error {
		delete(has, PathOf(table, key))
		if table == "machine_nics" {
			return writeLink(tx, key, 0, false)
		}
		status, err := store.GetRow[compute.MachineDriveStatus](tx, key, store.Everything())
		if err != nil {
			return err
		}
		set := compute.MachineDriveStatusSet{}.Holder(0).HeldFile(0)
		if status.Status == "online" {
			set.Status("offline")
		}
		tx.Touch("machine_drives", schema.IntValue(key))
		return store.Write(tx, key, set)
	})
}

// amend changes what a running guest has beside its start, and tells what it lacks now. It does nothing for a machine that is off, whose guest has nothing.
func amend(tx *store.Tx, machine int64, f func(has snapshot, set compute.MachineStatusSet) error) error {
	status, err := store.GetRow[compute.MachineStatus](tx, machine, store.Everything())
	if err != nil || !status.Running || status.StartedWith == "" {
		return err
	}
	has, err := read(status)
	if err != nil {
		return err
	}
	set := compute.MachineStatusSet{}
	if err := f(has, set); err != nil {
		return err
	}
	text, err := has.text()
	if err != nil {
		return err
	}
	if err := store.Write(tx, machine, set.StartedWith(text)); err != nil {
		return err
	}
	return Tell(tx, machine)
}

// lost drops from has what a domain that was only seen hasn't: a guest may let go of a disk or a card long after it was asked, or somebody else has asked it.
func (g Guest) lost(tx *store.Tx, machine int64, has snapshot) error {
	drives, err := store.FindRows[compute.MachineDrive](tx, store.Everything(), store.Is(compute.MachineDriveCol.Machine, machine))
	disks := map[int64]bool{} // the domain doesn't say which CD-ROM drive is whose
	for _, d := range drives {
		disks[d.Key] = d.Media != "cdrom"
	}
	maps.DeleteFunc(has, func(path string, _ Columns) bool {
		table, key := Part(path)
		_, drive := g.Drives[key]
		_, card := g.NICs[key]
		return table == "machine_drives" && disks[key] && !drive || table == "machine_nics" && !card
	})
	return err
}
