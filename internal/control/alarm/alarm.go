// Package alarm raises alarms and lowers them. An alarm is what the other controllers' status rows say is wrong; nothing else raises one,
// and nothing here looks at the host.
package alarm

import (
	"context"
	"log/slog"

	"dewpoint/internal/store"
)

// Controller is the reconciler "alarm".
type Controller struct {
	db  *store.DB
	log *slog.Logger
}

// New makes the controller.
func New(db *store.DB, log *slog.Logger) *Controller { return &Controller{db, log} }

// Name implements loop.Reconciler.
func (c *Controller) Name() string { return "alarm" }

// Reconcile makes alarms agree with the status rows. A pass that finds nothing new takes no lock.
func (c *Controller) Reconcile(ctx context.Context) error {
	var p plan
	look := func(tx *store.Tx) error {
		s, err := read(tx)
		p = diff(s)
		return err
	}
	if err := c.db.View(ctx, look); err != nil || p.empty() {
		return err
	}
	err := c.db.Update(ctx, func(tx *store.Tx) error {
		if err := look(tx); err != nil { // again: now it can't change any more
			return err
		}
		return apply(tx, p)
	})
	if err != nil {
		return err
	}
	for _, f := range p.raise {
		c.log.Warn("alarm raised", "alarm", f.typ, "owner", f.owner, "status", f.text)
	}
	for _, a := range p.wake {
		c.log.Warn("alarm is no longer snoozed", "alarm", a.AlarmType, "owner", a.Owner)
	}
	for _, a := range p.lower {
		c.log.Info("alarm lowered", "alarm", a.AlarmType, "owner", a.Owner)
	}
	return nil
}
