package schema

import (
	"fmt"
	"slices"
	"strings"
)

// Unique is several columns of which no two live rows have the same values. Rows without a value in one of them don't count.
type Unique struct {
	Columns []string // the last one is what an error names
	Where   string   // a boolean column: only rows where it is true count; empty for all
}

// Together makes the columns unique as a whole, as with the name of an address on its network. A second row with the same values is a Conflict.
func Together(columns ...string) Unique { return Unique{Columns: columns} }

// When counts only the rows in which the boolean column is true.
func (u Unique) When(column string) Unique { u.Where = column; return u }

// UniqueSep stands between the columns in the name of an index; names of columns don't have it.
const UniqueSep = "__"

// Name is what the index of u is called, behind the table's name.
func (u Unique) Name() string { return strings.Join(u.Columns, UniqueSep) }

// checkUnique refuses columns that no index can be made of.
func checkUnique(t *Table) error {
	for i, u := range t.Unique {
		if len(u.Columns) < 2 {
			return fmt.Errorf("table %s makes %v unique together: declare a single column Unique", t.Name, u.Columns)
		}
		if slices.ContainsFunc(t.Unique[:i], func(v Unique) bool { return v.Name() == u.Name() }) {
			return fmt.Errorf("table %s makes %v unique together twice", t.Name, u.Columns)
		}
		for _, name := range u.Columns {
			if f := t.Field(name); f == nil || !f.Stored() || strings.Contains(name, UniqueSep) {
				return fmt.Errorf("table %s makes the column %s unique together with others, and doesn't store it", t.Name, name)
			}
		}
		if f := t.Field(u.Where); u.Where != "" && (f == nil || !f.Stored() || f.Type.Shape() != AsBool) {
			return fmt.Errorf("table %s makes %v unique where %s is true, which is no boolean column that it stores", t.Name, u.Columns, u.Where)
		}
	}
	return nil
}
