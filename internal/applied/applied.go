// Package applied keeps what is in force of tables whose rows wait until somebody applies them (schema.Table.Pending), such as the rules of a
// network: as rows of the table applied_rows, so that neither a crash nor another server changes what is live.
package applied

import (
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Take puts the rows below p in force as they are now.
func Take(tx *store.Tx, p store.Pending) error {
	for _, t := range tables(tx.Schema(), p) {
		now, err := present(tx, t, p.Key)
		if err != nil {
			return err
		}
		kept, err := last(tx, t, p)
		if err != nil {
			return err
		}
		if err := write(tx, p, t, kept, now); err != nil {
			return err
		}
	}
	return nil
}

func write(tx *store.Tx, p store.Pending, t *schema.Table, kept *system.AppliedRow, now string) error {
	if kept != nil {
		return store.Write(tx, kept.Key, system.AppliedRowSet{}.Rows(now))
	}
	_, err := store.Insert(tx, system.AppliedRowSet{}.Object(p.Path()).Of(t.Name).Rows(now))
	return err
}

// Waits reports whether rows below p are other than those in force.
func Waits(tx *store.Tx, p store.Pending) (bool, error) {
	for _, t := range tables(tx.Schema(), p) {
		now, err := present(tx, t, p.Key)
		if err != nil {
			return false, err
		}
		list, err := inForce(tx, t, p)
		if err != nil {
			return false, err
		}
		live, err := encode(t, list)
		if err != nil || live != now {
			return err == nil, err
		}
	}
	return false, nil
}

// Rows reads the rows that are in force below the row with that key, in the order of their keys.
func Rows[T any, P store.Row[T]](tx *store.Tx, above int64) ([]T, error) {
	var zero T
	t := tx.Schema().Table(P(&zero).TableName())
	list, err := inForce(tx, t, store.Pending{Table: t.Field(t.Parent).Ref, Key: schema.IntValue(above), Column: t.Pending})
	rows := make([]T, len(list))
	for i, r := range list {
		rows[i] = store.RowOf[T, P](r)
	}
	return rows, err
}

// tables returns those whose rows wait below p.
func tables(s *schema.Schema, p store.Pending) (list []*schema.Table) {
	for _, t := range s.Tables() {
		if t.Pending == p.Column && t.Field(t.Parent).Ref == p.Table {
			list = append(list, t)
		}
	}
	return list
}

// present is the text of the rows as they are.
func present(tx *store.Tx, t *schema.Table, above schema.Value) (string, error) {
	list, err := tx.Find(t.Name, store.Eq(t.Parent, above))
	if err != nil {
		return "", err
	}
	return encode(t, list)
}

// last returns what was kept when rows of t were last applied, nil when they never were.
func last(tx *store.Tx, t *schema.Table, p store.Pending) (*system.AppliedRow, error) {
	found, err := store.FindRows[system.AppliedRow](tx, store.Is(system.AppliedRowCol.Object, p.Path()), store.Is(system.AppliedRowCol.Of, t.Name))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

func inForce(tx *store.Tx, t *schema.Table, p store.Pending) ([]*schema.Record, error) {
	kept, err := last(tx, t, p)
	if err != nil || kept == nil {
		return nil, err
	}
	return decode(t, p.Key, kept.Rows)
}
