package engine

import (
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
)

// made is the rows that one Write has made, with those that came with them. Until the Write ends its actor may refer to them, make their
// parts and act on them: to make a thing whole takes the right to make it, and no right on what nobody can have been granted yet.
type made map[string]bool

// add notes a new row and the rows that it owns.
func (m made) add(r *schema.Record) {
	m[PathOf(r).Text()] = true
	for _, f := range r.Table.Fields {
		if f.Bond == schema.Owned && !r.Get(f.Name).IsNull() {
			m[f.Ref+"/"+r.Get(f.Name).Text()] = true
		}
	}
}

func (m made) has(r *schema.Record) bool { return len(m) > 0 && m[PathOf(r).Text()] }

// holds reports whether the row about to be made is a part of one of those.
func (m made) holds(s *schema.Schema, r *schema.Record) bool {
	for _, column := range []string{r.Table.Parent, r.Table.Owner} {
		if len(m) == 0 || column == "" || r.Get(column).IsNull() {
			continue
		}
		if t, key := r.Table.Field(column).Target(s, r.Get(column)); t != nil && m[t.Name+"/"+key.Text()] {
			return true
		}
	}
	return false
}

// mayCreate tells whether the actor may make the row, whose columns are filled.
func (w *Write) mayCreate(r *schema.Record) error {
	if w.made.holds(w.tx.Schema(), r) {
		return nil
	}
	if err := perm.MayCreate(w.actor, r.Table); err != nil {
		return err
	}
	return perm.CheckCreate(w.tx, w.actor, r)
}

// may tells whether the actor has the right on a live row.
func (w *Write) may(right perm.Right, r *schema.Record) error {
	if w.made.has(r) {
		return nil
	}
	return perm.Check(w.tx, w.actor, right, r)
}
