package store

import (
	"fmt"
	"strings"

	"dewpoint/internal/schema"
)

// Each reads some columns of the rows that meet all conditions, in the order of their keys, and calls f with each row's key and values in that order. It is
// for many rows of which little is wanted; f must not keep the slice.
func (tx *Tx) Each(table string, columns []schema.Named, f func(key schema.Value, values []schema.Value), conds ...Cond) error {
	t := tx.table(table)
	names := []string{quote(keyColumn)}
	for _, c := range columns {
		if _, err := tx.stored(t, c.Name()); err != nil {
			return err
		}
		names = append(names, quote(c.Name()))
	}
	where, args := tx.whereOf(t, conds)
	text := fmt.Sprintf("SELECT %s FROM %s%s ORDER BY %s", strings.Join(names, ", "), quote(t.Name), where, quote(keyColumn))
	return tx.each(text, args, len(names), f)
}

// EachTwin reads some columns of the rows that meet all conditions, each with some columns of the row of another table that has the same key, and calls f with
// the key, the values of the first, and those of the second behind them. The rows come in any order; f must not keep the slice.
func (tx *Tx) EachTwin(table string, columns []schema.Named, twin string, of []schema.Named, f func(key schema.Value, values []schema.Value), conds ...Cond) error {
	inner, names := []string{quote(keyColumn)}, []string{"a." + quote(keyColumn)}
	for _, c := range columns {
		if _, err := tx.stored(tx.table(table), c.Name()); err != nil {
			return err
		}
		inner, names = append(inner, quote(c.Name())), append(names, "a."+quote(c.Name()))
	}
	for _, c := range of {
		if _, err := tx.stored(tx.table(twin), c.Name()); err != nil {
			return err
		}
		names = append(names, "b."+quote(c.Name()))
	}
	where, args := tx.whereOf(tx.table(table), conds)
	text := fmt.Sprintf("SELECT %s FROM (SELECT %s FROM %s%s) AS a JOIN %s AS b ON b.%s = a.%s",
		strings.Join(names, ", "), strings.Join(inner, ", "), quote(table), where, quote(twin), quote(keyColumn), quote(keyColumn))
	return tx.each(text, args, len(names), f)
}

// each runs a statement whose first column is a key.
func (tx *Tx) each(text string, args []any, columns int, f func(key schema.Value, values []schema.Value)) error {
	rows, err := tx.rows(tx.db.sql.bind(text), args...)
	if err != nil {
		return tx.db.classify(err)
	}
	defer rows.Close()
	cells, into, values := make([]any, columns), make([]any, columns), make([]schema.Value, columns)
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return tx.db.classify(err)
		}
		for i, c := range cells {
			values[i] = schema.ValueOf(c)
		}
		f(values[0], values[1:])
	}
	return tx.db.classify(rows.Err())
}
