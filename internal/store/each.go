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
	rows, err := tx.rows(tx.db.sql.bind(text), args...)
	if err != nil {
		return tx.db.classify(err)
	}
	defer rows.Close()
	cells, into, values := make([]any, len(names)), make([]any, len(names)), make([]schema.Value, len(names))
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
