package store

import (
	"database/sql"
	"fmt"
	"strings"

	"dewpoint/internal/schema"
)

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
	read := newScanner(t)
	for rows.Next() {
		r, err := read.record(rows)
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

// Bounds finds the least and the greatest number of the rows that meet all conditions, 0 where there are none.
func (tx *Tx) Bounds(table string, conds ...Cond) (first, last int64, err error) {
	t := tx.table(table)
	where, args := tx.whereOf(t, conds)
	number := quote(numberColumn(t))
	text := fmt.Sprintf("SELECT (SELECT min(%s) FROM %s%s), (SELECT max(%[1]s) FROM %[2]s%[3]s)", number, quote(t.Name), where)
	var ends [2]sql.NullInt64
	err = tx.row(tx.db.sql.bind(text), append(args, args...)...).Scan(&ends[0], &ends[1])
	return ends[0].Int64, ends[1].Int64, tx.db.classify(err)
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

// scanner makes records of rows that have the columns of columnsOf.
type scanner struct {
	table       *schema.Table
	cells, into []any
}

func newScanner(t *schema.Table) scanner {
	n := len(columnsOf(t))
	s := scanner{t, make([]any, n), make([]any, n)}
	for i := range s.cells {
		s.into[i] = &s.cells[i]
	}
	return s
}

// record is the row that is next.
func (s scanner) record(rows *sql.Rows) (*schema.Record, error) {
	if err := rows.Scan(s.into...); err != nil {
		return nil, err
	}
	t, cells := s.table, s.cells
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
