package store

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"dewpoint/internal/schema"
)

// Insert writes a new row with its declared defaults and time stamps, and returns its key, which it makes unless the record brings one: a
// named row does, and a twin. It makes no other rows: see Create.
func (tx *Tx) Insert(r *schema.Record) (schema.Value, error) {
	r.OnFault(tx.fault)
	var names []string
	var args []any
	if r.Key.IsNull() {
		r.Key = newKey(r.Table)
	}
	if !r.Key.IsNull() {
		names, args = append(names, quote(keyColumn)), append(args, keyOf(r.Table, r.Key))
	}
	for i, f := range r.Table.Fields {
		if !f.Stored() {
			continue
		}
		if stamp, ok := f.Stamp(tx.at, true); ok && r.At(i).IsNull() {
			r.PutAt(i, stamp)
		}
		if f.IsRandom && r.At(i).IsNull() {
			r.PutAt(i, schema.TextValue(randomText()))
		}
		if f.IsFirst && r.At(i).IsNull() {
			first, err := tx.firstKey(f.Ref)
			if err != nil {
				return schema.Value{}, err
			}
			r.PutAt(i, first)
		}
		if r.At(i).IsNull() {
			r.PutAt(i, f.DefaultValue)
		}
		names, args = append(names, quote(f.Name)), append(args, cell(f, r.At(i)))
	}
	text := fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", quote(r.Table.Name), strings.Join(names, ", "), marks(len(names)))
	if len(names) == 0 {
		text = fmt.Sprintf("INSERT INTO %s DEFAULT VALUES", quote(r.Table.Name))
	}
	var key any
	text += " RETURNING " + quote(keyColumn) + ", " + quote(numberColumn(r.Table))
	if err := tx.row(tx.db.sql.bind(text), args...).Scan(&key, &r.Row); err != nil {
		return schema.Value{}, tx.db.classify(err)
	}
	r.Key = schema.ValueOf(key)
	tx.notePending(r)
	tx.note(r.Table, r.Key, Created)
	return r.Key, nil
}

// firstKey is the least key of the live rows of a table; null when there is none.
func (tx *Tx) firstKey(table string) (schema.Value, error) {
	t := tx.db.Schema.Table(table)
	if t == nil {
		return schema.Value{}, nil
	}
	live := ""
	if t.Tombstone {
		live = " WHERE " + quote(deletedColumn) + " = 0"
	}
	var key any
	err := tx.row(fmt.Sprintf("SELECT min(%s) FROM %s%s", quote(keyColumn), quote(t.Name), live)).Scan(&key)
	return schema.ValueOf(key), tx.db.classify(err)
}

// Change writes columns of one row, live or not. A set that is empty writes nothing; a row that isn't there is NotFound.
func (tx *Tx) Change(table string, key schema.Value, set schema.Set) error {
	if len(set) == 0 {
		return nil
	}
	t := tx.table(table)
	names := make([]string, 0, len(set)+1)
	for name := range set {
		if _, err := tx.stored(t, name); err != nil {
			return err
		}
		names = append(names, name)
	}
	slices.Sort(names)
	var parts []string
	var args []any
	versioned := false
	for _, name := range names {
		parts, args = append(parts, quote(name)+" = ?"), append(args, cell(t.Field(name), set[name]))
		versioned = versioned || t.Versioned() && t.Field(name).Writable(true)
	}
	if versioned {
		parts = append(parts, fmt.Sprintf("%s = %[1]s + 1", quote(schema.Version.Name)))
	}
	for _, f := range t.Fields {
		if stamp, ok := f.Stamp(tx.at, false); ok {
			if _, given := set[f.Name]; !given {
				parts, args = append(parts, quote(f.Name)+" = ?"), append(args, stamp.Any())
			}
		}
	}
	text := fmt.Sprintf("UPDATE %s SET %s WHERE %s = ?", quote(t.Name), strings.Join(parts, ", "), quote(keyColumn))
	result, err := tx.exec(text, append(args, keyOf(t, key))...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err != nil || n == 0 {
		return NotFound(t, key.Text())
	}
	tx.note(t, key, Changed, names...)
	if t.Pending == "" {
		return nil
	}
	r, err := tx.Get(table, key, Everything())
	if err == nil {
		tx.notePending(r)
	}
	return err
}

// Purge removes a row for good, with its twins. It is for tombstones and for tables that have none.
func (tx *Tx) Purge(table string, key schema.Value) error {
	t := tx.table(table)
	for _, f := range t.Fields {
		if f.Bond == schema.Twin {
			if err := tx.Purge(f.Ref, key); err != nil {
				return err
			}
		}
	}
	if _, err := tx.exec(fmt.Sprintf("DELETE FROM %s WHERE %s = ?", quote(t.Name), quote(keyColumn)), keyOf(t, key)); err != nil {
		return err
	}
	tx.note(t, key, Purged)
	return nil
}

// exec runs a statement of this package.
func (tx *Tx) exec(text string, args ...any) (sql.Result, error) {
	result, err := tx.result(tx.db.sql.bind(text), args...)
	return result, tx.db.classify(err)
}
