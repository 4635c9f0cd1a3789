package engine

import (
	"dewpoint/internal/applied"
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// apply puts the rows below r in force whose waiting the column need tells, and notes when. The controller, woken by the change, carries it out.
func (w *Write) apply(r *schema.Record, need, when string) error {
	if err := applied.Take(w.tx, store.Pending{Table: r.Table.Name, Key: r.Key, Column: need}); err != nil {
		return err
	}
	return w.tx.Change(r.Table.Name, r.Key, schema.Set{need: schema.BoolValue(false), when: schema.IntValue(w.tx.Now().Unix())})
}

// tellPending makes the columns true that tell whether rows wait to be applied, once the transaction has done all else.
func (w *Write) tellPending() error {
	for _, p := range w.tx.Pending() {
		r, err := w.tx.Get(p.Table, p.Key)
		if errs.Is(err, errs.NotFound) {
			continue // it went with its rows
		}
		if err != nil {
			return err
		}
		waits, err := applied.Waits(w.tx, p)
		if err != nil {
			return err
		}
		if err := w.tx.Change(p.Table, p.Key, r.Changes(schema.Set{p.Column: schema.BoolValue(waits)})); err != nil {
			return err
		}
	}
	return nil
}
