package matrix_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"dewpoint/internal/schema"
)

// sampleOf is how rows of a table are made and changed: as its declaration says, unless it has a sample of its own. One that can't be told how to
// change needs one.
func sampleOf(t *schema.Table) sample {
	if x, own := samples[t.Name]; own {
		return x
	}
	var x sample
	if t.Creatable() {
		var members []string
		for _, f := range t.Fields {
			if f.IsRequired && !f.IsFilled && f.Writable(true) {
				members = append(members, member(f))
			}
		}
		x.create = "{" + strings.Join(members, ",") + "}"
	}
	fixed := true
	for _, f := range t.Fields {
		fixed = fixed && !f.Writable(false)
		if expr, _ := f.Pattern(); f.Writable(false) && expr == "" && (f.Type.Name() == "string" || f.Type.Name() == "text") && len(f.Enum) == 0 && !f.IsSecret {
			x.change = `{"` + f.Name + `":"%d"}`
		}
		if f.Name == "description" {
			break
		}
	}
	if fixed {
		x.change = "{}"
	}
	return x
}

// member gives a column a value that it takes.
func member(f *schema.Field) string {
	least, _, _ := f.Bounds()
	value := fmt.Sprint(cmp.Or(least, 1))
	switch {
	case f.IsRow() && f.Ref != "":
		value = "{" + f.Ref + "}"
	case f.IsRow():
		value = `"` + f.Among[0] + "/{" + f.Among[0] + `}"`
	case len(f.Enum) > 0:
		value = `"` + slices.Concat(f.Built, []string{f.Enum[0].Value})[0] + `"`
	case f.Type.Shape() == schema.AsString:
		value = `"` + cmp.Or(f.ExampleText, "x%d") + `"`
	case f.Type.Shape() == schema.AsBool:
		value = "true"
	}
	return `"` + f.Name + `":` + value
}
