package storage

import (
	"context"
	"encoding/json"
	"fmt"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// DropClone implements Rows.
func (r *StoreRows) DropClone(ctx context.Context, p compute.VMClone) error {
	return r.db.Update(ctx, func(tx *store.Tx) error {
		if err := tx.Delete("vms", schema.IntValue(p.VM)); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		return letGoOf(tx, p.Snapshot)
	})
}

// DropOrphans implements Rows.
func (r *StoreRows) DropOrphans(ctx context.Context, machines []int64) error {
	return r.db.Update(ctx, func(tx *store.Tx) error {
		vms, err := store.FindRows[compute.VM](tx, store.Is(compute.VMCol.Machine, machines...))
		if err != nil {
			return err
		}
		for _, vm := range vms {
			if err := tx.Delete("vms", schema.IntValue(vm.Key)); err != nil {
				return err
			}
		}
		return nil
	})
}

// letGoOf has the snapshot deleted that was taken for a clone, if there is one.
func letGoOf(tx *store.Tx, snapshot int64) error {
	if snapshot == 0 {
		return nil
	}
	err := store.Write(tx, snapshot, compute.MachineSnapshotSet{}.QueueDelete(true))
	if errs.Is(err, errs.NotFound) {
		err = nil
	}
	return err
}

// beingMade are the drives that an open operation is to bring their content: a clone, the import of a VM, or the adoption of a domain.
func beingMade(tx *store.Tx) (map[int64]bool, error) {
	rows, err := operation.Open(tx)
	drives := map[int64]bool{}
	for _, row := range rows {
		if row.Kind != (compute.VMClone{}).Operation() && row.Kind != (compute.ApplianceImport{}).Operation() && row.Kind != (compute.VMAdopt{}).Operation() {
			continue
		}
		var p struct {
			Disks []struct {
				Drive int64 `json:"drive"`
			} `json:"disks"`
		}
		if err := json.Unmarshal([]byte(row.Params), &p); err != nil {
			return nil, fmt.Errorf("params of operation %d: %w", row.Key, err)
		}
		for _, disk := range p.Disks {
			drives[disk.Drive] = true
		}
	}
	return drives, err
}

// waitsForClone reports whether an operation is to bring a drive's content.
func waitsForClone(d compute.MachineDrive) bool { return d.CloneOf != 0 && !d.Deleted }

// DropExport implements Rows.
func (r *StoreRows) DropExport(ctx context.Context, p compute.VMExport) error {
	return r.db.Update(ctx, func(tx *store.Tx) error {
		if err := tx.Delete("files", schema.IntValue(p.File)); err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		return letGoOf(tx, p.Snapshot)
	})
}
