package vm

import (
	"context"

	"dewpoint/internal/errs"
	"dewpoint/internal/held"
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
	if f.Running || f.Asleep { // its memory lies here
		node = r.node
	}
	machine, err := store.GetRow[compute.Machine](tx, f.Machine, store.Everything())
	if err != nil {
		return err
	}
	has, err := store.GetRow[compute.MachineStatus](tx, f.Machine, store.Everything())
	if err != nil {
		return err
	}
	want := has
	want.Running, want.Status, want.State, want.StatusInfo, want.Started = f.Running, f.Status.Status, f.State, f.Info, f.Started
	want.DoneSeq, want.BootID, want.Powerstate, want.Node, want.MachineType = f.DoneSeq, f.BootID, f.PowerWanted, node, f.MachineType
	want.RunningCores, want.RunningRAM = int64(f.Cores), int64(f.RAMMiB)
	want.Asleep, want.OffAsked = f.Asleep, f.OffAsked
	want.Settled = f.Settled && machine.PowerSeq <= f.DoneSeq // something may have been asked for meanwhile
	if err := store.Put(tx, has, want); err != nil || f.Guest == nil {
		return err
	}
	if err := r.reportConsole(tx, f); err != nil {
		return err
	}
	return held.Report(tx, f.Machine, f.Running, *f.Guest)
}

// Close implements Rows.
func (r *StoreRows) Close(ctx context.Context, machine int64, closed []held.Gap) error {
	return r.db.Update(ctx, func(tx *store.Tx) error { return held.Close(tx, machine, closed) })
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
