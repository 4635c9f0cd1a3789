package store

import (
	"dewpoint/internal/schema"
)

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

// stored returns the field of that name that has a column of its own. Where there is none, the transaction fails.
func (tx *Tx) stored(t *schema.Table, name string) (*schema.Field, error) {
	f := t.Field(name)
	if f == nil || !f.Stored() {
		return nil, schema.Unknown(t, name, tx.fault)
	}
	return f, nil
}
