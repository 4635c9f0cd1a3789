package engine

import (
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
)

// checkReferences checks that what is about to be written into a row leads to rows that the caller can read. What stays as it was isn't
// looked at: clients send whole rows back.
func (w *Write) checkReferences(old *schema.Record, set, forwarded schema.Set) error {
	for name, v := range set {
		if v == old.Get(name) {
			continue
		}
		if err := w.refers(old.Table.Field(name), v); err != nil {
			return err
		}
	}
	for name, v := range forwarded {
		f := old.Table.Field(name)
		if !f.IsRow() || v.IsNull() {
			continue
		}
		before, err := w.forwarded(old, f)
		if err == nil && v != before {
			err = w.refers(f, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// forwarded reads the present value of a column that is kept in a row that r owns; null when r isn't there yet.
func (w *Write) forwarded(r *schema.Record, f *schema.Field) (schema.Value, error) {
	owner := f.Owner(r.Table)
	if r.Get(owner.Name).IsNull() {
		return schema.Value{}, nil
	}
	owned, err := w.tx.Get(owner.Ref, r.Get(owner.Name))
	if err != nil {
		return schema.Value{}, err
	}
	return owned.Get(f.Name), nil
}

// refers checks that a reference leads to a row that the caller can read; one that it can't read is as good as none. Of a table that isn't built yet there
// are no rows, except for references that may lead to several tables: they are taken as they are.
func (w *Write) refers(f *schema.Field, v schema.Value) error {
	if !f.IsRow() || v.IsNull() || f.Ref == "" && !f.Known(w.tx.Schema(), v) {
		return nil
	}
	t, key := f.Target(w.tx.Schema(), v)
	if t != nil {
		r, err := w.tx.Get(t.Name, key)
		if err == nil {
			err = w.may(perm.Read, r)
		}
		if !errs.Is(err, errs.NotFound) && !errs.Is(err, errs.Denied) {
			return err
		}
	}
	if t == nil {
		return errs.Field(f.Name, "there is no row %s", v.Text()).Coded("no_row")
	}
	return errs.Field(f.Name, "there is no %s %s", t.Word(errs.One), key.Text()).Coded("no_row")
}

// settle runs what a table wants to do after a change of one of its rows.
func (w *Write) settle(t *schema.Table, old, now *schema.Record) error {
	h := w.eng.hooks[t.Name]
	if h.Changed != nil {
		if err := h.Changed(w.inside(nil, nil), old, now); err != nil {
			return err
		}
	}
	if h.Settled != nil {
		return h.Settled(w.inside(nil, nil))
	}
	return nil
}
