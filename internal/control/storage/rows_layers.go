package storage

import (
	"context"
	"fmt"
	"slices"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// busyMachines are those with an open operation that may work on their disks. Imports don't count, which are about one drive and told apart by themselves,
// nor merges that haven't begun: they look at the rows anew when they do. A disk that is to be plugged in may be moved to its place until then.
func busyMachines(tx *store.Tx) (map[int64]bool, error) {
	rows, err := operation.Open(tx)
	busy := map[int64]bool{}
	for _, row := range rows {
		machine, ok := operation.MachineOf(row)
		waits := row.Kind == (compute.LayerMerge{}).Operation() && row.Status == operation.Queued
		waits = waits || row.Kind == (compute.Hotplug{}).Operation() && row.StepsDone == 0
		if ok && !waits && row.Kind != (compute.DriveImport{}).Operation() {
			busy[machine] = true
		}
	}
	return busy, err
}

// Busy implements Rows.
func (r *StoreRows) Busy(ctx context.Context, drive int64) (busy bool, err error) {
	err = r.db.View(ctx, func(tx *store.Tx) error {
		d, err := store.GetRow[compute.MachineDrive](tx, drive, store.Everything())
		if err != nil {
			return err
		}
		machines, err := busyMachines(tx)
		busy = machines[d.Machine]
		return err
	})
	return busy, err
}

// layersFor lists the layers with whether anything needs them. Drives of all nodes count, and tombstones, whose files may be there still.
func (t *tables) layersFor(tx *store.Tx, dataDir string) ([]Layer, error) {
	if len(t.layers) == 0 {
		return nil, nil
	}
	drives, err := store.FindRows[compute.MachineDrive](tx, store.Everything(), store.IsNot(compute.MachineDriveCol.Base, 0))
	if err != nil {
		return nil, err
	}
	needed := map[int64]bool{}
	for _, d := range drives {
		needed[d.Base] = true
	}
	for _, l := range t.layers {
		needed[l.Base] = true
	}
	merges := map[int64]int64{}
	for _, lone := range t.layers.Lones(drives) {
		if !t.busy[lone.Machine] {
			merges[lone.Layer.Key] = lone.Machine
		}
	}
	var list []Layer
	for _, l := range t.layers {
		list = append(list, Layer{Key: l.Key, File: l.File, Path: layerPath(dataDir, l), Needed: needed[l.Key], Merges: merges[l.Key]})
	}
	slices.SortFunc(list, func(a, b Layer) int { return int(a.Key - b.Key) })
	return list, nil
}

// Merge implements Rows.
func (r *StoreRows) Merge(ctx context.Context, l Layer) error {
	return r.db.Update(ctx, func(tx *store.Tx) error {
		if _, err := store.GetRow[compute.Machine](tx, l.Merges); err != nil {
			return err
		}
		_, err := operation.Begin(tx, operation.Request{
			Object: fmt.Sprintf("machines/%d", l.Merges), Node: r.node, Params: compute.LayerMerge{Layer: l.Key, Machine: l.Merges},
		})
		return err
	})
}

// PurgeLayer implements Rows.
func (r *StoreRows) PurgeLayer(ctx context.Context, key int64) error {
	return r.db.Update(ctx, func(tx *store.Tx) error {
		err := tx.Purge("drive_layers", schema.IntValue(key))
		if errs.Is(err, errs.NotFound) {
			err = nil
		}
		return err
	})
}
