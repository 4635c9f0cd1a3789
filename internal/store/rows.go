package store

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// Cond narrows which rows Find and Count see. Without Tombstones or Everything they see live rows only.
type Cond struct {
	column string
	values []schema.Value
	upTo   bool
	which  liveness
}

type liveness uint8

const (
	live liveness = iota
	dead
	both
)

// Eq keeps the rows whose stored column has the value; a null value keeps those without one. A column that the table doesn't store is a
// defect of the caller.
func Eq(column string, v schema.Value) Cond { return Cond{column: column, values: []schema.Value{v}} }

// In keeps the rows whose column has one of the values.
func In(column string, vs ...schema.Value) Cond { return Cond{column: column, values: vs} }

// Numbered keeps the row with that number, which is its key where keys are numbers.
func Numbered(row schema.Value) Cond { return Eq(rowColumn, row) }

// UpTo keeps the rows whose column is a number not above v.
func UpTo(column string, v schema.Value) Cond {
	return Cond{column: column, values: []schema.Value{v}, upTo: true}
}

// Tombstones keeps only deleted rows, Everything keeps live and deleted ones.
func Tombstones() Cond { return Cond{which: dead} }

// Everything keeps live and deleted rows.
func Everything() Cond { return Cond{which: both} }

// NotFound is the error of a row that isn't there, or that the caller may not see.
func NotFound(t *schema.Table, key string) error {
	return errs.New(errs.NotFound, "not_found", "Resource '/v4/%s/%s' not found", t.Name, key)
}

// Get reads one live row, or with Everything any; a missing one is NotFound.
func (tx *Tx) Get(table string, key schema.Value, conds ...Cond) (*schema.Record, error) {
	t := tx.table(table)
	found, err := tx.Find(table, append(conds, Eq(keyColumn, key))...)
	if err != nil {
		return nil, err
	}
	if len(found) == 0 {
		return nil, NotFound(t, key.Text())
	}
	return found[0], nil
}

// Find reads the rows that meet all conditions, in the order of their keys.
func (tx *Tx) Find(table string, conds ...Cond) ([]*schema.Record, error) {
	t := tx.table(table)
	where, args := whereOf(t, conds)
	text := fmt.Sprintf("SELECT %s FROM %s%s ORDER BY %s", strings.Join(columnsOf(t), ", "), quote(t.Name), where, quote(keyColumn))
	rows, err := tx.sql.QueryContext(tx.ctx, tx.db.SQL.bind(text), args...)
	if err != nil {
		return nil, tx.db.classify(err)
	}
	defer rows.Close()
	var found []*schema.Record
	for rows.Next() {
		r, err := scan(t, rows)
		if err != nil {
			return nil, tx.db.classify(err)
		}
		found = append(found, r)
	}
	return found, tx.db.classify(rows.Err())
}

// Count counts the rows that meet all conditions.
func (tx *Tx) Count(table string, conds ...Cond) (n int64, err error) {
	t := tx.table(table)
	where, args := whereOf(t, conds)
	text := fmt.Sprintf("SELECT count(*) FROM %s%s", quote(t.Name), where)
	err = tx.sql.QueryRowContext(tx.ctx, tx.db.SQL.bind(text), args...).Scan(&n)
	return n, tx.db.classify(err)
}

// Insert writes a new row with its declared defaults and time stamps, and returns its key, which it makes unless the record brings one: a
// named row does, and a twin. It makes no other rows: see Create.
func (tx *Tx) Insert(r *schema.Record) (schema.Value, error) {
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
		if r.At(i).IsNull() {
			r.PutAt(i, f.Default)
		}
		names, args = append(names, quote(f.Name)), append(args, cell(f, r.At(i)))
	}
	text := fmt.Sprintf("INSERT INTO %s (%s) VALUES (%s)", quote(r.Table.Name), strings.Join(names, ", "), marks(len(names)))
	if len(names) == 0 {
		text = fmt.Sprintf("INSERT INTO %s DEFAULT VALUES", quote(r.Table.Name))
	}
	var key any
	text += " RETURNING " + quote(keyColumn) + ", " + quote(numberColumn(r.Table))
	if err := tx.sql.QueryRowContext(tx.ctx, tx.db.SQL.bind(text), args...).Scan(&key, &r.Row); err != nil {
		return schema.Value{}, tx.db.classify(err)
	}
	r.Key = schema.ValueOf(key)
	tx.note(r.Table, r.Key, Created)
	return r.Key, nil
}

// Change writes columns of one row, live or not. A set that is empty writes nothing; a row that isn't there is NotFound.
func (tx *Tx) Change(table string, key schema.Value, set schema.Set) error {
	if len(set) == 0 {
		return nil
	}
	t := tx.table(table)
	names := make([]string, 0, len(set)+1)
	for name := range set {
		f := t.Field(name)
		if f == nil || !f.Stored() {
			return errs.New(errs.Internal, "no_column", "table %s has no column %s", table, name)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	var parts []string
	var args []any
	for _, name := range names {
		parts, args = append(parts, quote(name)+" = ?"), append(args, cell(t.Field(name), set[name]))
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
	return nil
}

// Purge removes a row for good, with its twins. It is for tombstones and for tables that have none.
func (tx *Tx) Purge(table string, key schema.Value) error {
	t := tx.table(table)
	for _, f := range t.Fields {
		if f.IsTwin {
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
	result, err := tx.sql.ExecContext(tx.ctx, tx.db.SQL.bind(text), args...)
	return result, tx.db.classify(err)
}

// cell is a value as its column holds it; SQLite would turn it into that by itself, PostgreSQL refuses anything else.
func cell(f *schema.Field, v schema.Value) any {
	fitting, _ := cellValue(f.Type.Storage(), v)
	return fitting.Any()
}

// keyOf is a key as its table has it, null when the table can't have it.
func keyOf(t *schema.Table, key schema.Value) any {
	if fitting, ok := cellValue(t.Key.Storage(), key); ok {
		return fitting.Any()
	}
	return nil
}

// numberColumn is the column that numbers the rows of a table.
func numberColumn(t *schema.Table) string {
	if t.Key == schema.NumberKey {
		return keyColumn
	}
	return rowColumn
}

func columnsOf(t *schema.Table) []string {
	columns := []string{quote(keyColumn), quote(numberColumn(t))}
	if t.Tombstone {
		columns = append(columns, quote(deletedColumn))
	}
	for _, f := range t.Fields {
		if f.Stored() {
			columns = append(columns, quote(f.Name))
		}
	}
	return columns
}

func scan(t *schema.Table, rows *sql.Rows) (*schema.Record, error) {
	n := len(columnsOf(t))
	cells, into := make([]any, n), make([]any, n)
	for i := range cells {
		into[i] = &cells[i]
	}
	if err := rows.Scan(into...); err != nil {
		return nil, err
	}
	r := schema.NewRecord(t)
	r.Key, r.Row = schema.ValueOf(cells[0]), schema.ValueOf(cells[1]).Int()
	next := 2
	if t.Tombstone {
		r.Deleted = schema.ValueOf(cells[next]).Bool()
		next++
	}
	for i, f := range t.Fields {
		if f.Stored() {
			r.PutAt(i, schema.ValueOf(cells[next]))
			next++
		}
	}
	return r, nil
}

func whereOf(t *schema.Table, conds []Cond) (string, []any) {
	var parts []string
	var args []any
	which := live
	for _, c := range conds {
		if c.which != live {
			which = c.which
			continue
		}
		part, values := inOf(t, c)
		parts, args = append(parts, part), append(args, values...)
	}
	if t.Tombstone && which != both {
		parts = append(parts, quote(deletedColumn)+map[bool]string{true: " <> 0", false: " = 0"}[which == dead])
	}
	if len(parts) == 0 {
		return "", nil
	}
	return " WHERE " + strings.Join(parts, " AND "), args
}

// inOf renders the condition on a column; values that the column can't hold are in no row.
func inOf(t *schema.Table, c Cond) (part string, args []any) {
	column, storage := c.column, t.Key.Storage()
	switch column {
	case keyColumn:
	case rowColumn:
		column, storage = numberColumn(t), schema.Integer
	default:
		f := t.Field(column)
		if f == nil || !f.Stored() {
			// SQLite would read the unknown name as a text and find nothing.
			panic("store: table " + t.Name + " has no column " + column)
		}
		storage = f.Type.Storage()
	}
	if len(c.values) == 1 && c.values[0].IsNull() {
		return quote(column) + " IS NULL", nil
	}
	if c.upTo {
		return quote(column) + " <= ?", []any{c.values[0].Any()}
	}
	for _, v := range c.values {
		if v, ok := cellValue(storage, v); ok {
			args = append(args, v.Any())
		}
	}
	if len(args) == 0 {
		return "1 = 0", nil
	}
	return fmt.Sprintf("%s IN (%s)", quote(column), marks(len(args))), args
}

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }
