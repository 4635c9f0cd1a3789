package store

import (
	"fmt"
	"strings"

	"dewpoint/internal/schema"
)

// Roll makes rows of one table from those of another, in one statement however many there are.
type Roll struct {
	Into, From string
	// By names the column whose rows become one; each row becomes one when it is empty.
	By string
	// Set is what all new rows have; other columns are taken from those of the same name.
	Set schema.Set
	// From these columns others are made, by the name of the new one.
	Taken map[string]Taking
}

// Taking is a column and what is made of it where several rows become one: the greatest value, or else the mean, in whole numbers where the
// new column is one.
type Taking struct {
	Column   string
	Greatest bool
}

// Roll does it for the rows that meet the conditions. The new rows aren't told of one by one, but as a change of the table: it must be one of samples.
func (tx *Tx) Roll(r Roll, conds ...Cond) error {
	into, from := tx.samples(r.Into), tx.table(r.From)
	var names, values []string
	var args []any
	for _, f := range into.Fields {
		if !f.Stored() {
			continue
		}
		names = append(names, quote(f.Name))
		if v, given := r.Set[f.Name]; given {
			values, args = append(values, "?"), append(args, cell(f, v))
			continue
		}
		value, err := tx.taken(r, f, from)
		if err != nil {
			return err
		}
		values = append(values, value)
	}
	where, more := tx.whereOf(from, conds)
	text := fmt.Sprintf("INSERT INTO %s (%s) SELECT %s FROM %s%s", quote(into.Name), strings.Join(names, ", "), strings.Join(values, ", "), quote(from.Name), where)
	if r.By != "" {
		text += " GROUP BY " + quote(r.By)
	}
	return tx.mass(into, text, append(args, more...))
}

// taken is the expression of a new column.
func (tx *Tx) taken(r Roll, f *schema.Field, from *schema.Table) (string, error) {
	t, named := r.Taken[f.Name]
	if !named {
		t.Column = f.Name
	}
	if _, err := tx.stored(from, t.Column); err != nil {
		return "", err
	}
	column := quote(t.Column)
	switch {
	case r.By == "" || t.Column == r.By:
		return column, nil
	case t.Greatest:
		return "max(" + column + ")", nil
	case f.Type.Storage() == schema.Integer:
		return "CAST(round(avg(" + column + ")) AS BIGINT)", nil
	}
	return "avg(" + column + ")", nil
}

// PurgeAll removes the rows of a table of samples, or of a log, that meet the conditions, in one statement.
func (tx *Tx) PurgeAll(table string, conds ...Cond) error {
	t := tx.table(table)
	if !t.IsLog {
		t = tx.samples(table)
	}
	where, args := tx.whereOf(t, conds)
	return tx.mass(t, fmt.Sprintf("DELETE FROM %s%s", quote(t.Name), where), args)
}

// mass runs a statement on rows of which nobody is told singly.
func (tx *Tx) mass(t *schema.Table, text string, args []any) error {
	result, err := tx.exec(text, args...)
	if err != nil {
		return err
	}
	if n, err := result.RowsAffected(); err == nil && n > 0 {
		tx.note(t, schema.Value{}, Changed)
	}
	return nil
}

// samples returns the declaration of a table of samples; any other is a defect of the caller.
func (tx *Tx) samples(table string) *schema.Table {
	t := tx.table(table)
	if !t.Samples {
		panic("store: rows of table " + table + " are told of one by one")
	}
	return t
}
