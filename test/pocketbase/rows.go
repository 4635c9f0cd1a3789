package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"

	"github.com/pocketbase/pocketbase/core"
)

// rowsPerTransaction keeps a transaction's log well below the size at which SQLite writes it back.
const rowsPerTransaction = 5000

// row is a row of the table API: the values of its members by their wire names.
type row map[string]any

// readRows reads a list of the table API as it was answered.
func readRows(path string) ([]row, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var rows []row
	if err := json.Unmarshal(text, &rows); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return rows, nil
}

// unnamable is what PocketBase doesn't take in the name of a field.
var unnamable = regexp.MustCompile(`\W`)

// fieldName is a member's name in PocketBase: $key is key there.
func fieldName(member string) string { return unnamable.ReplaceAllString(member, "") }

// collectionOf declares a collection that takes the rows. It has the indexes that lists by name and by UUID and a read by key need, and no
// others: each more is one that SQLite might prefer by mistake.
func collectionOf(name string, rows []row) *core.Collection {
	types := typesOf(rows)
	c := core.NewBaseCollection(name)
	for _, member := range slices.Sorted(maps.Keys(types)) {
		c.Fields.Add(newField(fieldName(member), types[member]))
	}
	for _, member := range []string{"name", "uuid"} {
		c.AddIndex(name+"_"+member, true, member, "")
	}
	c.AddIndex(name+"_key", false, "key", "")
	return c
}

// typesOf says of each member which PocketBase type its values have in all rows.
func typesOf(rows []row) map[string]string {
	types := map[string]string{}
	for _, r := range rows {
		for member, value := range r {
			types[member] = joined(types[member], typeOf(value))
		}
	}
	return types
}

// typeOf names the PocketBase type of a value; "" for null, which fits every type.
func typeOf(value any) string {
	switch value.(type) {
	case nil:
		return ""
	case string:
		return core.FieldTypeText
	case float64:
		return core.FieldTypeNumber
	case bool:
		return core.FieldTypeBool
	}
	return core.FieldTypeJSON
}

// joined is the type that takes the values of both.
func joined(a, b string) string {
	switch {
	case a == "":
		return b
	case b == "" || a == b:
		return a
	}
	return core.FieldTypeJSON
}

// newField declares a field; a member that is null in all rows is a text.
func newField(name, kind string) core.Field {
	switch kind {
	case core.FieldTypeNumber:
		return &core.NumberField{Name: name}
	case core.FieldTypeBool:
		return &core.BoolField{Name: name}
	case core.FieldTypeJSON:
		return &core.JSONField{Name: name}
	}
	return &core.TextField{Name: name}
}

// fill makes a record of each row.
func fill(app core.App, c *core.Collection, rows []row) error {
	for part := range slices.Chunk(rows, rowsPerTransaction) {
		err := app.RunInTransaction(func(tx core.App) error {
			for _, r := range part {
				if err := save(tx, c, r); err != nil {
					return fmt.Errorf("row %v: %w", r["$key"], err)
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func save(tx core.App, c *core.Collection, r row) error {
	record := core.NewRecord(c)
	for member, value := range r {
		record.Set(fieldName(member), value)
	}
	return tx.Save(record)
}
