package store

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// Cond narrows which rows Find, Count and Sum see. Without Tombstones or Everything they see live rows only.
type Cond struct {
	column string
	values []schema.Value
	test   test
	which  liveness
	table  string // of within and outside: what the column's values are the keys of
	conds  []Cond // that those rows meet
}

// test is how a column is compared.
type test uint8

const (
	in test = iota
	upTo
	after
	other
	equalOrNull
	within
	outside
)

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
	return Cond{column: column, values: []schema.Value{v}, test: upTo}
}

// Other keeps the rows whose column has a value, and not v. EqOrNull keeps all the others.
func Other(column string, v schema.Value) Cond {
	return Cond{column: column, values: []schema.Value{v}, test: other}
}

// EqOrNull keeps the rows whose column has the value or none.
func EqOrNull(column string, v schema.Value) Cond {
	return Cond{column: column, values: []schema.Value{v}, test: equalOrNull}
}

// Within keeps the rows whose column has the key of a row of the table that meets the conditions.
func Within(column, table string, conds ...Cond) Cond {
	return Cond{column: column, test: within, table: table, conds: conds}
}

// Outside keeps the rows whose column has a value, but not the key of a row of the table that meets the conditions.
func Outside(column, table string, conds ...Cond) Cond {
	return Cond{column: column, test: outside, table: table, conds: conds}
}

// KeyWithin and KeyOutside are Within and Outside for the key of the rows themselves, as of twins.
func KeyWithin(table string, conds ...Cond) Cond { return Within(keyColumn, table, conds...) }

// KeyOutside keeps the rows whose key is not that of a row of the other table.
func KeyOutside(table string, conds ...Cond) Cond { return Outside(keyColumn, table, conds...) }

// Tombstones keeps only deleted rows, Everything keeps live and deleted ones.
func Tombstones() Cond { return Cond{which: dead} }

// Everything keeps live and deleted rows.
func Everything() Cond { return Cond{which: both} }

// NotFound is the error of a row that isn't there, or that the caller may not see.
func NotFound(t *schema.Table, key string) error {
	return errs.NoRow(t.Word(errs.One), key)
}

// Taken is what a database says of a row whose values another one has in columns that are unique, by themselves or together. Columns has one at least.
type Taken struct {
	Table   string
	Columns []string
	Cause   error
}

// Error implements error.
func (e *Taken) Error() string { return e.Cause.Error() }

// shown is the error for people; it names the last column.
func (e *Taken) shown(t *schema.Table) error {
	last := e.Columns[len(e.Columns)-1]
	format, args := "another %s has this ", []any{t.Word(errs.One)}
	for i, c := range e.Columns {
		switch {
		case i > 0 && i == len(e.Columns)-1:
			format += " and "
		case i > 0:
			format += ", "
		}
		format, args = format+"%s", append(args, errs.Column(c))
	}
	return errs.Wrap(e.Cause, errs.Conflict, "exists", format+"; choose a different %s", append(args, errs.Column(last))...).On(last)
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
	where, args := tx.whereOf(t, conds)
	text := fmt.Sprintf("SELECT %s FROM %s%s ORDER BY %s", strings.Join(columnsOf(t), ", "), quote(t.Name), where, quote(keyColumn))
	rows, err := tx.rows(tx.db.sql.bind(text), args...)
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
		r.OnFault(tx.fault)
		found = append(found, r)
	}
	return found, tx.db.classify(rows.Err())
}

// Count counts the rows that meet all conditions.
func (tx *Tx) Count(table string, conds ...Cond) (n int64, err error) {
	t := tx.table(table)
	where, args := tx.whereOf(t, conds)
	text := fmt.Sprintf("SELECT count(*) FROM %s%s", quote(t.Name), where)
	err = tx.row(tx.db.sql.bind(text), args...).Scan(&n)
	return n, tx.db.classify(err)
}

// Sum adds up numbers of the rows that meet all conditions, one total for each column; rows without a value add nothing.
func (tx *Tx) Sum(table string, columns []schema.Column[int64], conds ...Cond) ([]int64, error) {
	t := tx.table(table)
	sums, into, parts := make([]int64, len(columns)), make([]any, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		if _, err := tx.stored(t, c.Name()); err != nil {
			return sums, err
		}
		parts[i], into[i] = "CAST(coalesce(sum("+quote(c.Name())+"), 0) AS BIGINT)", &sums[i]
	}
	where, args := tx.whereOf(t, conds)
	text := fmt.Sprintf("SELECT %s FROM %s%s", strings.Join(parts, ", "), quote(t.Name), where)
	err := tx.row(tx.db.sql.bind(text), args...).Scan(into...)
	return sums, tx.db.classify(err)
}

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
	if t.Versioned() {
		columns = append(columns, quote(schema.Version.Name))
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
	if t.Versioned() {
		r.Version = schema.ValueOf(cells[next]).Int()
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

func (tx *Tx) whereOf(t *schema.Table, conds []Cond) (string, []any) {
	var parts []string
	var args []any
	which := live
	for _, c := range conds {
		if c.which != live {
			which = c.which
			continue
		}
		part, values := tx.condition(t, c)
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

// stored returns the field of that name that has a column of its own. Where there is none, the transaction fails.
func (tx *Tx) stored(t *schema.Table, name string) (*schema.Field, error) {
	f := t.Field(name)
	if f == nil || !f.Stored() {
		return nil, schema.Unknown(t, name, tx.fault)
	}
	return f, nil
}

// condition renders one condition on a column.
func (tx *Tx) condition(t *schema.Table, c Cond) (part string, args []any) {
	name, storage := quote(c.column), t.Key.Storage()
	switch c.column {
	case keyColumn:
	case rowColumn:
		name, storage = quote(numberColumn(t)), schema.Integer
	default:
		f, err := tx.stored(t, c.column)
		if err != nil { // of which the transaction knows; SQLite would read the name as a text
			return "1 = 0", nil
		}
		storage = f.Type.Storage()
	}
	switch c.test {
	case after:
		return name + " > ?", []any{c.values[0].Any()}
	case upTo:
		return name + " <= ?", []any{c.values[0].Any()}
	case other:
		return name + " <> ?", []any{c.values[0].Any()}
	case equalOrNull:
		return "(" + name + " IS NULL OR " + name + " = ?)", []any{c.values[0].Any()}
	case within, outside:
		of := tx.table(c.table)
		where, args := tx.whereOf(of, c.conds)
		word := map[test]string{within: "IN", outside: "NOT IN"}[c.test]
		return fmt.Sprintf("%s %s (SELECT %s FROM %s%s)", name, word, quote(keyColumn), quote(of.Name), where), args
	}
	return tx.inOf(name, storage, c.values)
}

// mostMarks is up to how many values of a list are arguments of their own; a longer list is one, in JSON: databases bound the number.
const mostMarks = 100

// inOf renders a list of values; those that the column can't hold are in no row.
func (tx *Tx) inOf(name string, storage schema.Storage, values []schema.Value) (part string, args []any) {
	if len(values) == 1 && values[0].IsNull() {
		return name + " IS NULL", nil
	}
	for _, v := range values {
		if v, ok := cellValue(storage, v); ok {
			args = append(args, v.Any())
		}
	}
	switch {
	case len(args) == 0:
		return "1 = 0", nil
	case len(args) <= mostMarks:
		return fmt.Sprintf("%s IN (%s)", name, marks(len(args))), args
	}
	list, err := json.Marshal(args)
	if err != nil { // numbers and texts always marshal
		panic(err)
	}
	return fmt.Sprintf("%s IN (%s)", name, tx.db.sql.listed(storage)), []any{string(list)}
}

func marks(n int) string { return strings.TrimSuffix(strings.Repeat("?, ", n), ", ") }
