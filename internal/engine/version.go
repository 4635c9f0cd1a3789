package engine

import (
	"context"
	"slices"
	"strconv"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Match checks that a live row has one of the versions: Stale when it has been changed.
func (w *Write) Match(table, key string, versions []string) error {
	_, r, _, err := w.live(table, key)
	if err != nil {
		return err
	}
	v, err := versionOf(w.tx, r)
	if err == nil && !slices.Contains(versions, v) {
		err = errs.New(errs.Stale, "stale", "%s %q has changed since you read it; read it again and repeat your change", r.Table.Word(errs.One), nameOf(r))
	}
	return err
}

// versionOf names the state of all that clients can write of a row, also where that is kept in rows that it owns. Facts that controllers
// write into the same row don't change it. Plans make the same text: see query.Options.
func versionOf(tx *store.Tx, r *schema.Record) (string, error) {
	version := strconv.FormatInt(r.Version, 10)
	for _, f := range r.Table.Owners() {
		owned, err := tx.Get(f.Ref, r.Get(f.Name))
		if err != nil {
			return "", err
		}
		version += "." + strconv.FormatInt(owned.Version, 10)
	}
	return version, nil
}

// Effect is what a write would do to a row. Columns are those that clients can see, of a row that would be changed.
type Effect struct {
	Table   string       `json:"table"`
	Key     schema.Value `json:"-"`    // null for a new row whose key would be drawn at random
	Verb    string       `json:"verb"` // as in events
	Columns []string     `json:"columns,omitempty"`
}

// Try runs f like Do, undoes everything, and returns what it did. Those who are no administrators hear of rows that they can see, and
// of rows that went. Nobody is told, nothing is logged.
func (e *Engine) Try(ctx context.Context, f func(*Write) error) (effects []Effect, err error) {
	err = e.run(ctx, e.db.DryRun, func(w *Write) error {
		effects = nil
		if err := f(w); err != nil {
			return err
		}
		for _, c := range store.Summary(w.tx.Changes()) {
			if visible, err := w.visible(c); err != nil {
				return err
			} else if visible {
				effects = append(effects, effectOf(c))
			}
		}
		return nil
	})
	return effects, err
}

// visible reports whether the actor may hear of a change: never of log lines and of what is not served. A row that is gone went because
// the actor could delete what it belongs to.
func (w *Write) visible(c store.Change) (bool, error) {
	if c.Table.Internal || c.Table.IsLog {
		return false, nil
	}
	if w.actor.Admin || c.Verb == store.Deleted {
		return true, nil
	}
	_, _, _, err := w.live(c.Table.Name, c.Key.Text())
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Denied) {
		return false, nil
	}
	return err == nil, err
}

func effectOf(c store.Change) Effect {
	e := Effect{Table: c.Table.Name, Key: c.Key, Verb: EventChanged}
	switch c.Verb {
	case store.Created:
		e.Verb = EventCreated
		if c.Table.Key.Random() {
			e.Key = schema.Value{}
		}
	case store.Deleted:
		e.Verb = EventDeleted
	}
	for _, name := range c.Columns {
		if f := c.Table.Field(name); f != nil && !f.IsHidden && e.Verb == EventChanged && !slices.Contains(e.Columns, name) {
			e.Columns = append(e.Columns, name)
		}
	}
	slices.Sort(e.Columns)
	return e
}
