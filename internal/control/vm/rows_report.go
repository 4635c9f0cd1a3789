package vm

import (
	"context"
	"slices"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Report writes the status rows of machines, and of the drives and NICs where something was attached or is no more.
func (r *StoreRows) Report(ctx context.Context, facts []Fact) error {
	return r.db.Update(ctx, func(tx *store.Tx) error {
		for _, f := range facts {
			if err := r.report(tx, f); err != nil && !errs.Is(err, errs.NotFound) { // one whose row is gone needs no report
				return err
			}
		}
		return nil
	})
}

func (r *StoreRows) report(tx *store.Tx, f Fact) error {
	node := int64(0)
	if f.Running {
		node = r.node
	}
	machine, err := store.GetRow[compute.Machine](tx, f.Machine, store.Everything())
	if err != nil {
		return err
	}
	settled := f.Settled && machine.PowerSeq <= f.DoneSeq // something may have been asked for meanwhile
	err = store.Write(tx, f.Machine, compute.MachineStatusSet{}.
		Running(f.Running).Status(f.Status.Status).State(f.State).StatusInfo(f.Info).Started(f.Started).DoneSeq(f.DoneSeq).BootID(f.BootID).
		Powerstate(f.PowerWanted).Node(node).RunningCores(int64(f.Cores)).RunningRAM(int64(f.RAMMiB)).MachineType(f.MachineType).Settled(settled))
	if err != nil || f.Attached == nil {
		return err
	}
	if err := reportDrives(tx, f); err != nil {
		return err
	}
	return reportNICs(tx, f)
}

// reportDrives writes online and offline. Other words (importing, error) are the storage controller's, and stay. It touches every drive:
// what the storage controller may do to a file hangs on whether a guest has it.
func reportDrives(tx *store.Tx, f Fact) error {
	drives, err := store.FindRows[compute.MachineDrive](tx, store.Everything(), store.Is(compute.MachineDriveCol.Machine, f.Machine))
	if err != nil {
		return err
	}
	for _, drive := range drives {
		key := schema.IntValue(drive.Key)
		tx.Touch("machine_drives", key)
		if drive.Deleted {
			continue
		}
		has, err := store.GetRow[compute.MachineDriveStatus](tx, key, store.Everything())
		if err != nil {
			return err
		}
		want := has.Status
		switch {
		case slices.Contains(f.Attached.Drives, drive.Key):
			want = "online"
		case has.Status == "online":
			want = "offline"
		}
		if want == has.Status {
			continue
		}
		if err := store.Write(tx, drive.Key, compute.MachineDriveStatusSet{}.Status(want)); err != nil {
			return err
		}
	}
	return nil
}

func reportNICs(tx *store.Tx, f Fact) error {
	nics, err := store.FindRows[compute.MachineNIC](tx, store.Is(compute.MachineNICCol.Machine, f.Machine))
	if err != nil {
		return err
	}
	for _, nic := range nics {
		status, state := "down", "offline"
		if slices.Contains(f.Attached.NICs, nic.Key) {
			status, state = "up", "online"
		}
		if err := store.Write(tx, nic.Key, compute.MachineNICStatusSet{}.Status(status).State(state)); err != nil {
			return err
		}
	}
	return nil
}

// Purge removes the tombstones of machines. The storage controller purges their drives first: a drive's row is what its file is found by.
func (r *StoreRows) Purge(ctx context.Context, machineKeys []int64) error {
	return r.db.Update(ctx, func(tx *store.Tx) error {
		for _, key := range machineKeys {
			drives, err := tx.Count("machine_drives", store.Everything(), store.Is(compute.MachineDriveCol.Machine, key))
			if err != nil {
				return err
			}
			if drives > 0 {
				continue
			}
			if err := tx.Purge("machines", schema.IntValue(key)); err != nil && !errs.Is(err, errs.NotFound) {
				return err
			}
		}
		return nil
	})
}
