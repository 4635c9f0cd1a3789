// Package retention keeps the logs bounded: lines that are too old or too many go, the oldest first.
package retention

import (
	"context"
	"log/slog"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/system"
	"dewpoint/internal/store"
)

const (
	// always is how many lines stay whatever their age: a clock that is ahead for a while must not empty a log.
	always = 10_000
	// slice is how many go in one transaction, so that other writers don't wait for long.
	slice = 10_000
)

// Controller is the reconciler "retention".
type Controller struct {
	db  *store.DB
	log *slog.Logger
}

// New makes the controller.
func New(db *store.DB, log *slog.Logger) *Controller { return &Controller{db, log} }

// Name implements loop.Reconciler.
func (c *Controller) Name() string { return "retention" }

// Reconcile drops from each log what is too much of it. A pass that finds nothing takes no lock.
func (c *Controller) Reconcile(ctx context.Context) error {
	for _, t := range c.db.Schema.Tables() {
		if !t.IsLog || t.Field(system.LogCol.Timestamp.Name()) == nil {
			continue
		}
		var first, last int64
		if err := c.db.View(ctx, func(tx *store.Tx) (err error) {
			first, last, err = surplus(tx, t.Name)
			return err
		}); err != nil {
			return err
		}
		for upTo := first; upTo <= last; upTo += slice {
			if err := c.db.Update(ctx, func(tx *store.Tx) error {
				return tx.PurgeAll(t.Name, store.NumberedUpTo(min(upTo+slice-1, last)))
			}); err != nil {
				return err
			}
		}
		if first <= last {
			c.log.Info("old lines of a log were dropped", "table", t.Name, "first", first, "last", last)
		}
	}
	return nil
}

// surplus finds which lines of a log are too many or too old, by their numbers; none where last is less than first.
func surplus(tx *store.Tx, table string) (first, last int64, err error) {
	days, err := limit(tx, system.LogDaysSetting, system.LogDays)
	if err != nil {
		return 0, 0, err
	}
	lines, err := limit(tx, system.LogLinesSetting, system.LogLines)
	if err != nil {
		return 0, 0, err
	}
	first, newest, err := tx.Bounds(table)
	if err != nil || newest == 0 {
		return 1, 0, err
	}
	if lines > 0 {
		last = newest - lines
	}
	if days > 0 {
		before := tx.Now().AddDate(0, 0, -int(days)).UnixMicro()
		_, old, err := tx.Bounds(table, store.UpTo(system.LogCol.Timestamp.Name(), system.LogCol.Timestamp.Value(before)))
		if err != nil {
			return 0, 0, err
		}
		last = max(last, min(old, newest-always))
	}
	return first, last, nil
}

// limit reads a setting.
func limit(tx *store.Tx, key string, otherwise int64) (int64, error) {
	s, err := store.GetRow[system.Setting](tx, key)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return 0, err
	}
	const most = 1 << 40 // far from where dates end
	return s.Number(0, most, otherwise), nil
}
