package store

import (
	"encoding/json"
	"fmt"
	"strings"

	"dewpoint/internal/schema"
)

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
