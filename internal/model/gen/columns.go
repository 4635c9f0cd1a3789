package main

import (
	"bytes"
	"fmt"

	"dewpoint/internal/schema"
)

// writeColumns writes what writes the rows of a table: its columns, a change of some of them, and the difference of two rows.
func writeColumns(out *bytes.Buffer, t *schema.Table) {
	row := goName(singular(t.Name))
	col, set := row+"Col", row+"Set"
	var types, values, setters, differ bytes.Buffer
	for _, f := range t.Fields {
		if !f.Stored() {
			continue
		}
		name, typ := goName(f.Name), f.Type.GoType()
		makes := "Col"
		if f.IsRow() {
			makes = "RefCol"
		}
		fmt.Fprintf(&types, "\t%s schema.Column[%s]\n", name, typ)
		fmt.Fprintf(&values, "\tschema.%s[%s](%q),\n", makes, typ, f.Name)
		fmt.Fprintf(&setters, "func (s %s) %s(v %s) %s { s[%q] = %s.%s.Value(v); return s }\n\n", set, name, typ, set, f.Name, col, name)
		fmt.Fprintf(&differ, "\tschema.Differ(s, %s.%s, old.%s, r.%s)\n", col, name, name, name)
	}
	fmt.Fprintf(out, "\n// %s are the columns of %s.\nvar %s = struct {\n%s}{\n%s}\n", col, t.Name, col, &types, &values)
	fmt.Fprintf(out, "\n// %s is a change of a row of %s.\ntype %s schema.Set\n", set, t.Name, set)
	fmt.Fprintf(out, "\n// TableName returns %q.\nfunc (%s) TableName() string { return %q }\n", t.Name, set, t.Name)
	fmt.Fprintf(out, "\n// Null empties columns.\nfunc (s %s) Null(columns ...schema.Named) %s { schema.Set(s).Null(columns...); return s }\n\n%s", set, set, &setters)
	fmt.Fprintf(out, "\n// Diff is the change that makes old into r.\nfunc (r *%s) Diff(old *%s) schema.Set {\n\ts := schema.Set{}\n%s\treturn s\n}\n", row, row, &differ)
	key := "schema.TextValue"
	if t.Key == schema.NumberKey {
		key = "schema.IntValue"
	}
	fmt.Fprintf(out, "\n// KeyValue is the row's key.\nfunc (r *%s) KeyValue() schema.Value { return %s(r.Key) }\n", row, key)
}
