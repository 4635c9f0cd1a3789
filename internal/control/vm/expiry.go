package vm

import (
	"context"
	"log/slog"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
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

// Reconcile deletes what is due. One that is still being taken is left for later.
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
	all, err := store.FindRows[compute.MachineSnapshot](tx, store.Is(of.Taken, true), store.IsNot(of.Expires, 0), store.UpTo(of.Expires.Name(), schema.IntValue(tx.Now().Unix())))
	if err != nil {
		return nil, err
	}
	for _, s := range all {
		if s.ExpiresType != "never" {
			due = append(due, s)
		}
	}
	queued, err := store.FindRows[compute.MachineSnapshot](tx, store.Is(of.Taken, true), store.Is(of.QueueDelete, true))
	return append(due, queued...), err
}
