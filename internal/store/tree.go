package store

import (
	"fmt"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// Create inserts a row with everything that the declarations say comes with it: the rows that it owns, made first and filled with what
// is forwarded to them (forwarded: column of this table → value), and its twins.
func (tx *Tx) Create(r *schema.Record, forwarded schema.Set) (schema.Value, error) {
	for _, f := range r.Table.Fields {
		if f.Bond == schema.Owned && r.Get(f.Name).IsNull() {
			key, err := tx.createOwned(r, f, forwarded)
			if err != nil {
				return schema.Value{}, err
			}
			r.Put(f.Name, key)
		}
	}
	key, err := tx.Insert(r)
	if err != nil {
		return schema.Value{}, err
	}
	for _, f := range r.Table.Fields {
		if f.Bond == schema.Owned {
			if err := tx.Own(r, f); err != nil {
				return schema.Value{}, err
			}
		}
		if f.Bond == schema.Twin {
			if _, err := tx.createTwin(f, key); err != nil {
				return schema.Value{}, err
			}
		}
	}
	return key, nil
}

// createTwin makes the row that has the key of its twin, which f belongs to.
func (tx *Tx) createTwin(f *schema.Field, key schema.Value) (*schema.Record, error) {
	twin := schema.NewRecord(tx.table(f.Ref))
	twin.Key = key
	if f.Back != "" {
		twin.Put(f.Back, key)
	}
	_, err := tx.Create(twin, nil)
	return twin, err
}

// EnsureTwin returns the live twin that the row with the key has by f. It makes one where an older version of the program made none.
func (tx *Tx) EnsureTwin(f *schema.Field, key schema.Value) (*schema.Record, error) {
	twin, err := tx.Get(f.Ref, key)
	if errs.Is(err, errs.NotFound) {
		return tx.createTwin(f, key)
	}
	return twin, err
}

func (tx *Tx) createOwned(r *schema.Record, f *schema.Field, forwarded schema.Set) (schema.Value, error) {
	owned := schema.NewRecord(tx.table(f.Ref))
	owned.PutAll(f.OwnedSet)
	for name, v := range forwarded {
		if g := r.Table.Field(name); g != nil && g.Bond == schema.Forwarded && g.Path == f.Name+"#"+name {
			owned.Put(name, v)
		}
	}
	if g := owned.Table.Field("name"); g != nil && r.Table.Field("name") != nil {
		owned.Put("name", r.Get("name"))
	}
	return tx.Create(owned, nil)
}

// Delete deletes a live row: refused as a Conflict while a restricting reference points at it or at what goes with it; else its
// children, the rows that it owns and itself go, as tombstones where the table has them. Other references to it become null, but for those that
// tell of the past.
func (tx *Tx) Delete(table string, key schema.Value) error {
	r, err := tx.Get(table, key)
	if err != nil {
		return err
	}
	doomed, err := tx.doomed(r, nil)
	if err != nil {
		return err
	}
	for _, d := range doomed {
		if err := tx.release(d, doomed); err != nil {
			return err
		}
	}
	for _, d := range doomed {
		if err := tx.bury(d); err != nil {
			return err
		}
	}
	return nil
}

// doomed lists the row and all that goes with it, children before their parents.
func (tx *Tx) doomed(r *schema.Record, list []*schema.Record) ([]*schema.Record, error) {
	for _, f := range r.Table.Fields {
		var with []*schema.Record
		var err error
		switch {
		case f.IsRows() && !f.IsStaying && !tx.table(f.Ref).Samples: // those go when it is buried
			with, err = tx.Find(f.Ref, Eq(f.Back, r.Key))
		case f.Bond == schema.Owned && !r.Get(f.Name).IsNull():
			with, err = tx.Find(f.Ref, Eq(keyColumn, r.Get(f.Name)))
		}
		if err != nil {
			return nil, err
		}
		for _, w := range with {
			if list, err = tx.doomed(w, list); err != nil {
				return nil, err
			}
		}
	}
	return tx.followers(r, append(list, r))
}

// followers adds to the doomed what follows r through polymorphic references.
func (tx *Tx) followers(r *schema.Record, list []*schema.Record) ([]*schema.Record, error) {
	for _, ref := range tx.db.Schema.Followers(r.Table.Name) {
		found, err := tx.Find(ref.Table.Name, Eq(ref.Field.Name, ref.To(r.Table.Name, r.Key)))
		if err != nil {
			return nil, err
		}
		for _, f := range found {
			if isIn(f, list) {
				continue
			}
			if list, err = tx.doomed(f, list); err != nil {
				return nil, err
			}
		}
	}
	return list, nil
}

// release refuses the deletion when something that stays needs the row, and empties the other references to it.
func (tx *Tx) release(r *schema.Record, doomed []*schema.Record) error {
	for _, ref := range tx.db.Schema.PointingAt(r.Table.Name) {
		if ref.Field.Bond == schema.Twin || ref.Field.Bond == schema.Owned || ref.Table.Samples {
			continue
		}
		users, err := tx.Find(ref.Table.Name, Eq(ref.Field.Name, ref.To(r.Table.Name, r.Key)))
		if err != nil {
			return err
		}
		for _, u := range users {
			if isIn(u, doomed) {
				continue
			}
			if ref.Field.Bond == schema.Restricts {
				return errs.New(errs.Conflict, "in_use", "%s %q is used by %s %q; remove that first",
					r.Table.Word(errs.One), displayOf(r), ref.Table.Word(errs.One), displayOf(u))
			}
			if isTwinBack(r.Table, ref) {
				continue
			}
			if err := tx.Change(ref.Table.Name, u.Key, schema.Set{ref.Field.Name: {}}); err != nil {
				return err
			}
		}
	}
	return nil
}

// isTwinBack reports whether ref is the column of a twin that points at its row; it goes when the row is purged.
func isTwinBack(t *schema.Table, ref schema.Reference) bool {
	for _, f := range t.Fields {
		if f.Bond == schema.Twin && f.Ref == ref.Table.Name && f.Back == ref.Field.Name {
			return true
		}
	}
	return false
}

func isIn(r *schema.Record, list []*schema.Record) bool {
	for _, x := range list {
		if x.Table == r.Table && x.Key == r.Key {
			return true
		}
	}
	return false
}

// bury makes a tombstone of a row, or removes it for good where its table has none.
func (tx *Tx) bury(r *schema.Record) error {
	tx.notePending(r)
	for _, f := range r.Table.Fields {
		if f.IsRows() && !f.IsStaying && tx.table(f.Ref).Samples {
			if err := tx.PurgeAll(f.Ref, Eq(f.Back, r.Key)); err != nil {
				return err
			}
		}
	}
	if !r.Table.Tombstone {
		if err := tx.Purge(r.Table.Name, r.Key); err != nil {
			return err
		}
		tx.note(r.Table, r.Key, Deleted)
		return nil
	}
	return tx.markDeleted(r.Table, r.Key)
}

// markDeleted makes tombstones of a row and its twins.
func (tx *Tx) markDeleted(t *schema.Table, key schema.Value) error {
	for _, f := range t.Fields {
		if f.Bond == schema.Twin {
			if err := tx.markDeleted(tx.table(f.Ref), key); err != nil {
				return err
			}
		}
	}
	text := fmt.Sprintf("UPDATE %s SET %s = ? WHERE %s = ?", quote(t.Name), quote(deletedColumn), quote(keyColumn))
	if _, err := tx.exec(text, tx.at.Unix(), keyOf(t, key)); err != nil {
		return err
	}
	tx.note(t, key, Deleted)
	return nil
}

// displayOf returns what people call a row.
func displayOf(r *schema.Record) string {
	if f := r.Table.DisplayField(); f != nil && f.Stored() && r.Get(f.Name).Text() != "" {
		return r.Get(f.Name).Text()
	}
	return r.Key.Text()
}
