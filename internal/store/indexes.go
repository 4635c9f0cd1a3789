package store

import (
	"fmt"
	"strings"

	"dewpoint/internal/schema"
)

// index is one of a table's indexes.
type index struct{ name, text string }

// indexes renders those of a declaration. Those of a table that sets rows aside come twice: a request that says that it means the
// others reads the one without them, however many there are.
func (l SQL) indexes(t *schema.Table) (made []index) {
	add := func(unique, name, column string, where ...string) {
		if t.Tombstone && where == nil {
			where = []string{liveRows} // the name of a deleted row is free again
		}
		made = append(made, l.index(t, unique, name, []string{column}, where))
	}
	if t.Tombstone { // few, and looked for all the time
		add("", "tombstones", keyColumn, quote(deletedColumn)+" <> 0")
	}
	if t.Aside != "" {
		add("", "main", keyColumn, quote(t.Aside)+" = 0")
	}
	for _, f := range t.Fields {
		switch {
		case !f.Stored() || !f.IsIndexed:
		case f.IsUnique && t.Aside != "":
			add("UNIQUE ", f.Name, f.Name, quote(t.Aside)+" = 0")
			add("", f.Name+"_all", f.Name)
		case f.IsUnique:
			add("UNIQUE ", f.Name, f.Name)
		default:
			add("", f.Name, f.Name)
		}
	}
	for _, u := range t.Unique {
		made = append(made, l.index(t, "UNIQUE ", u.Name(), u.Columns, counted(t, u)))
	}
	return made
}

// liveRows holds for the rows of a table with tombstones that clients see.
var liveRows = quote(deletedColumn) + " = 0"

// counted is the condition of rows that may not have the same values as another.
func counted(t *schema.Table, u schema.Unique) (where []string) {
	if t.Tombstone {
		where = append(where, liveRows)
	}
	if t.Aside != "" {
		where = append(where, quote(t.Aside)+" = 0")
	}
	if u.Where != "" {
		where = append(where, quote(u.Where)+" = 1")
	}
	return where
}

func (l SQL) index(t *schema.Table, unique, name string, columns, where []string) index {
	indexed := make([]string, len(columns))
	for i, column := range columns {
		indexed[i] = l.indexed(quote(column))
	}
	name = t.Name + "_" + name
	text := fmt.Sprintf("CREATE %sINDEX %s ON %s (%s)", unique, quote(name), quote(t.Name), strings.Join(indexed, ", "))
	if len(where) > 0 {
		text += " WHERE " + strings.Join(where, " AND ")
	}
	return index{name, text}
}
