package vm

import (
	"cmp"
	"context"
	"log/slog"
	"slices"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Expiry deletes the snapshots whose time is over, and those that somebody has queued for it. It is a reconciler of its own.
type Expiry struct {
	db  *store.DB
	log *slog.Logger
}

// NewExpiry makes one.
func NewExpiry(db *store.DB, log *slog.Logger) *Expiry { return &Expiry{db, log} }

// Name is the area, for logs and by which tables wake it.
func (e *Expiry) Name() string { return "snapshot" }

// Reconcile deletes what is due. One that is still being taken, or that a VM is being taken back to, is left for later.
func (e *Expiry) Reconcile(ctx context.Context) error {
	var due []compute.MachineSnapshot
	err := e.db.View(ctx, func(tx *store.Tx) (err error) {
		due, err = expired(tx)
		return err
	})
	if err != nil || len(due) == 0 {
		return err
	}
	return e.db.Update(ctx, func(tx *store.Tx) error {
		due, err := expired(tx)
		if err != nil {
			return err
		}
		for _, s := range due {
			e.log.Info("a snapshot is deleted, since its time is over or it was queued for that", "snapshot", s.Key, "name", s.Name)
			if err := tx.Delete("machine_snapshots", schema.IntValue(s.Key)); err != nil && !errs.Is(err, errs.NotFound) {
				return err
			}
		}
		return nil
	})
}

func expired(tx *store.Tx) (due []compute.MachineSnapshot, err error) {
	of := compute.MachineSnapshotCol
	due, err = store.FindRows[compute.MachineSnapshot](tx, store.Is(of.Taken, true), store.IsNot(of.Expires, 0), store.UpTo(of.Expires.Name(), schema.IntValue(tx.Now().Unix())))
	if err != nil {
		return nil, err
	}
	due = slices.DeleteFunc(due, func(s compute.MachineSnapshot) bool { return s.ExpiresType == "never" || s.QueueDelete })
	spared, err := spared(tx, due)
	if err != nil {
		return nil, err
	}
	due = slices.DeleteFunc(due, func(s compute.MachineSnapshot) bool { return spared[s.Key] })
	queued, err := store.FindRows[compute.MachineSnapshot](tx, store.Is(of.Taken, true), store.Is(of.QueueDelete, true))
	if err != nil {
		return nil, err
	}
	back, err := operation.Reverting(tx)
	return slices.DeleteFunc(append(due, queued...), func(s compute.MachineSnapshot) bool { return back[s.Key] != 0 }), err
}

// spared are the snapshots that stay whatever their age: of each machine the newest of a period, as many as it says.
func spared(tx *store.Tx, due []compute.MachineSnapshot) (map[int64]bool, error) {
	var periods []schema.Value
	for _, s := range due {
		if key := schema.IntValue(s.SnapshotPeriod); s.SnapshotPeriod != 0 && !slices.Contains(periods, key) {
			periods = append(periods, key)
		}
	}
	if len(periods) == 0 {
		return nil, nil
	}
	rows, err := store.FindRows[compute.SnapshotProfilePeriod](tx, store.Key(periods...))
	if err != nil {
		return nil, err
	}
	least := map[int64]int64{}
	for _, p := range rows {
		least[p.Key] = p.MinSnapshots
	}
	of := compute.MachineSnapshotCol
	all, err := store.FindRows[compute.MachineSnapshot](tx, store.IsAmong(of.SnapshotPeriod, periods...), store.Is(of.Taken, true), store.Is(of.QueueDelete, false))
	slices.SortFunc(all, func(a, b compute.MachineSnapshot) int { return cmp.Compare(b.Key, a.Key) })
	stay, seen := map[int64]bool{}, map[[2]int64]int64{}
	for _, s := range all {
		of := [2]int64{s.Machine, s.SnapshotPeriod}
		if seen[of]++; seen[of] <= least[s.SnapshotPeriod] {
			stay[s.Key] = true
		}
	}
	return stay, err
}
