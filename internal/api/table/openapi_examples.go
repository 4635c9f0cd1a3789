package table

import (
	"encoding/json"
	"fmt"
	"slices"

	"dewpoint/internal/schema"
)

// example is a value of a query parameter, and what it does in words.
type example struct{ value, means string }

// fieldsExamples are fields lists that the table's own columns allow; the first one does for a start.
func fieldsExamples(s *schema.Schema, t *schema.Table) []example {
	all := []example{{"summary", "the columns that matter most"}, {"all", "every column"}, {"most", "the default: all but argument columns and lists"}}
	for _, view := range sortedNames(t.Views) {
		all = append(all, example{view, "a view of this table"})
	}
	if f := t.DisplayField(); f != nil {
		all = append(all, example{"$key," + f.Name, "two columns"})
	}
	if f := find(t, func(f *schema.Field) bool { return leads(s, f) && f.IsRow() }); f != nil {
		all = append(all, example{"$key," + f.Name + "#$display as " + f.Name + "_name", "through a reference: the name of its row"},
			example{"most," + f.Name + "[summary]", "with the row that it leads to"})
	}
	if f := find(t, func(f *schema.Field) bool { return leads(s, f) && f.IsRows() }); f != nil {
		all = append(all, example{"$key,count(" + f.Name + ") as how_many," + f.Name + "[summary]", "with the rows that belong to it, and their number"})
	}
	if f := find(t, func(f *schema.Field) bool { return len(f.Enum) > 0 }); f != nil {
		all = append(all, example{"$key,display(" + f.Name + ") as label," + f.Name + " eq '" + f.Enum[0].Value + "' as is_it", "a label, and a comparison"})
	}
	if f := find(t, isTime); f != nil {
		all = append(all, example{"$key,datetime(" + f.Name + ") as text", "a time as text"})
	}
	return all
}

// filterExamples are filters that the table's own columns allow.
func filterExamples(s *schema.Schema, t *schema.Table) []example {
	all := []example{{"$key in (1,2)", "one of a list"}}
	if t.Key != schema.NumberKey {
		all = []example{{fmt.Sprintf("$key eq '%v'", exampleKey(t)), "one row"}}
	}
	add := func(fits func(*schema.Field) bool, make func(*schema.Field) []example) {
		if f := find(t, fits); f != nil {
			all = append(all, make(f)...)
		}
	}
	add(isPlainText, func(f *schema.Field) []example {
		return []example{{f.Name + " eq 'web'", "equal"}, {f.Name + " bw 'web' or " + f.Name + " ct 'test'", "begins with, or contains"}, {f.Name + " rx '^web-[0-9]+$'", "matches"}}
	})
	add(func(f *schema.Field) bool { return len(f.Enum) > 1 }, func(f *schema.Field) []example {
		return []example{{f.Name + " in ('" + f.Enum[0].Value + "','" + f.Enum[1].Value + "')", "one of some"}}
	})
	add(func(f *schema.Field) bool { return f.Type.Shape() == schema.AsBool }, func(f *schema.Field) []example {
		return []example{{f.Name + " eq true", "a switch"}}
	})
	add(isQuantity, func(f *schema.Field) []example {
		least := max(f.DefaultValue.Int(), 1)
		return []example{{fmt.Sprintf("%s ge %d and %s lt %d", f.Name, least, f.Name, 4*least), "a range"}}
	})
	add(func(f *schema.Field) bool { return leads(s, f) && f.IsRow() }, func(f *schema.Field) []example {
		return []example{{f.Name + " ne null", "refers to something"}, {f.Name + "#$display eq 'web'", "through a reference"}}
	})
	add(isTime, func(f *schema.Field) []example {
		return []example{{f.Name + " gt {$add({$now},-86400)}", "in the last day"}}
	})
	return all
}

func sortExamples(t *schema.Table) []example {
	all := []example{{"-$row", "newest first"}}
	if t.Key == schema.NumberKey {
		all = []example{{"-$key", "newest first"}}
	}
	if f := t.DisplayField(); f != nil {
		all = append(all, example{"+" + f.Name, "by " + f.Name}, example{f.Name + ",-$key", "by two columns"})
	}
	return all
}

// equalsExample is a column's name as parameter.
func equalsExample(t *schema.Table) string {
	if f := t.DisplayField(); f != nil {
		return f.Name + "=web"
	}
	return t.Fields[0].Name + "=1"
}

// bodyExample is a row that a client may send to make one, or to change one: what it must say, and the columns that matter most where the
// declaration knows a value.
func (d *describer) bodyExample(t *schema.Table, create bool) map[string]any {
	body := map[string]any{}
	for _, f := range t.Fields {
		required := create && f.IsRequired
		if !f.Writable(create) || !required && !f.IsSummary {
			continue
		}
		if v, ok := d.valueExample(f, required); ok {
			body[f.Name] = v
		}
		if !create && len(body) == 1 {
			break // one is enough to show how
		}
	}
	return body
}

// valueExample is a value that the column takes; ok is false where the declaration doesn't tell one and none is needed.
func (d *describer) valueExample(f *schema.Field, required bool) (v any, ok bool) {
	switch {
	case f.ExampleText != "" && f.Type.Shape() != schema.AsString:
		return json.RawMessage(f.ExampleText), true
	case f.ExampleText != "":
		return f.ExampleText, true
	case !f.DefaultValue.IsNull():
		return defaultOf(f), true
	case len(f.Enum) > 0:
		return f.Enum[0].Value, true
	case f.Type.Look().Sample != nil:
		return f.Type.Look().Sample, true
	case f.IsRow() && required:
		return d.exampleRef(f), true
	case !required:
		return nil, false
	case f.IsSecret:
		return "a long secret phrase", true
	case jsonType(f) == "string":
		return "example", true
	}
	least, _ := bounds(f)
	if least == nil {
		return 0, true
	}
	return int64(*least), true
}

// exampleRef is a reference to a row.
func (d *describer) exampleRef(f *schema.Field) any {
	name, key := f.Ref, any(1)
	if name == "" {
		name = slices.Concat(f.Among, []string{"vms"})[0]
	}
	if to := d.schema.Table(name); to != nil {
		key = exampleKey(to)
	}
	if f.Ref == "" {
		return fmt.Sprintf("%s/%v", name, key)
	}
	return key
}

// ownedFields are the columns that lead to rows which come with a new one; the reply to a POST tells their keys.
func ownedFields(s *schema.Schema, t *schema.Table) []*schema.Field {
	var owned []*schema.Field
	for _, f := range t.Fields {
		if f.Bond == schema.Owned && leads(s, f) {
			owned = append(owned, f)
		}
	}
	return owned
}

func ownedExample(s *schema.Schema, t *schema.Table) map[string]string {
	keys := map[string]string{}
	for _, f := range ownedFields(s, t) {
		keys[f.Name] = fmt.Sprint(exampleKey(s.Table(f.Ref)))
	}
	return keys
}

// find returns the first column that clients see and that fits.
func find(t *schema.Table, fits func(*schema.Field) bool) *schema.Field {
	for _, f := range t.Fields {
		if !f.IsHidden && !f.IsSecret && fits(f) {
			return f
		}
	}
	return nil
}

// leads reports whether a path can go through the column.
func leads(s *schema.Schema, f *schema.Field) bool {
	to := s.Table(f.Ref)
	return to != nil && !to.Internal
}

func isPlainText(f *schema.Field) bool {
	return f.Type.Storage() == schema.Chars && f.Type.Shape() == schema.AsString && !f.IsRow() && len(f.Enum) == 0
}

func isQuantity(f *schema.Field) bool {
	return f.Type.Shape() == schema.AsNumber && !f.IsRow() && !isTime(f)
}

func isTime(f *schema.Field) bool {
	_, is := f.Tick()
	return is
}
