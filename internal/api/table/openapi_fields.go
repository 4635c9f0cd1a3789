package table

import (
	"regexp"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"dewpoint/internal/schema"
)

// rowSchema is a row as replies show it.
func (d *describer) rowSchema(t *schema.Table) *huma.Schema {
	row := &huma.Schema{
		Type: huma.TypeObject, Title: t.Title, Description: t.Doc + " A reply has the members that `fields` names, including aliases.",
		AdditionalProperties: true, Properties: map[string]*huma.Schema{"$key": keySchema(t)},
	}
	row.Properties["$key"].Description = "the row's key, as used in paths"
	for _, f := range t.Fields {
		if !f.IsHidden && !f.IsSecret {
			row.Properties[f.Name] = d.readSchema(t, f)
		}
	}
	return row
}

// readSchema is a column as replies show it.
func (d *describer) readSchema(t *schema.Table, f *schema.Field) *huma.Schema {
	s := &huma.Schema{}
	nullable := !f.Stored() || f.DefaultValue.IsNull() && f.ElseValue.IsNull() && !f.IsRequired
	object := &huma.Schema{Type: huma.TypeObject, Description: "if `fields` has brackets behind the column"}
	switch {
	case f.ShowsKey():
		s = keySchema(t)
	case f.IsRows():
		s.Type, s.Items = huma.TypeArray, object
		if to := d.schema.Table(f.Ref); to != nil {
			s.Items = &huma.Schema{AnyOf: []*huma.Schema{keySchema(to), object}}
		}
	case f.IsRow():
		key := d.refSchema(f)
		key.Nullable = nullable
		s.AnyOf = []*huma.Schema{key, object}
		if f.IsNamedText {
			s.AnyOf = append(s.AnyOf, &huma.Schema{Type: huma.TypeString, Description: "when `fields` names the column", Nullable: true})
		}
	case f.Type.Shape() == schema.AsJSON:
		s.AnyOf = anyJSON()
	default:
		s.Type, s.Format, s.Nullable = jsonType(f), format(f), nullable
		s.Enum = enum(f, nullable)
	}
	s.Description, s.ReadOnly = fieldText(f), f.IsReadOnly
	if s.Enum != nil {
		s.Extensions = labels(f)
	}
	return s
}

// refSchema is a reference that leads to a row.
func (d *describer) refSchema(f *schema.Field) *huma.Schema {
	if to := d.schema.Table(f.Ref); to != nil {
		return keySchema(to)
	}
	return &huma.Schema{Type: jsonType(f)}
}

// inputSchema is a row as clients send it to make or change one.
func (d *describer) inputSchema(t *schema.Table, create bool) *huma.Schema {
	in := &huma.Schema{Type: huma.TypeObject, Title: t.Title, AdditionalProperties: true, Properties: map[string]*huma.Schema{}}
	for _, f := range t.Fields {
		if !f.Writable(create) {
			continue
		}
		in.Properties[f.Name] = d.writeSchema(f, create)
		if create && f.IsRequired {
			in.Required = append(in.Required, f.Name)
		}
	}
	return in
}

// writeSchema is a column as clients send it: the plain form of it, though others are taken too.
func (d *describer) writeSchema(f *schema.Field, create bool) *huma.Schema {
	s := &huma.Schema{Description: fieldText(f), WriteOnly: f.IsSecret}
	if f.Type.Shape() == schema.AsJSON {
		s.AnyOf = anyJSON()
		return s
	}
	s.Type, s.Format, s.Nullable = jsonType(f), format(f), !f.IsRequired
	if s.Enum = enum(f, s.Nullable); s.Enum != nil {
		s.Extensions = labels(f)
	}
	if create && !f.DefaultValue.IsNull() {
		s.Default = defaultOf(f)
	}
	switch s.Type {
	case huma.TypeInteger:
		s.Minimum, s.Maximum = bounds(f)
	case huma.TypeString:
		limitText(f, s)
		if f.IsRow() {
			s.Pattern = orEmpty(d.refSchema(f).Pattern)
		}
	}
	return s
}

// orEmpty lets a text be empty where it has a pattern.
func orEmpty(pattern string) string {
	if pattern == "" {
		return ""
	}
	return "^$|" + pattern
}

// anyJSON is every JSON value, said outright: validators don't agree on whether an empty schema takes null.
func anyJSON() []*huma.Schema {
	return []*huma.Schema{
		{Type: huma.TypeObject, Nullable: true, AdditionalProperties: true},
		{Type: huma.TypeArray, Items: &huma.Schema{Extensions: map[string]any{"type": []string{"null", huma.TypeObject, huma.TypeArray, huma.TypeString, huma.TypeNumber, huma.TypeBoolean}}}},
		{Type: huma.TypeString},
		{Type: huma.TypeNumber},
		{Type: huma.TypeBoolean},
	}
}

// limitText adds what a text must be. An empty one is exempt from the pattern unless it must not be empty.
func limitText(f *schema.Field, s *huma.Schema) {
	least, most := f.Lengths()
	if f.IsRequired {
		least = max(least, 1)
	}
	if least > 0 {
		s.MinLength = &least
	}
	if most > 0 {
		s.MaxLength = &most
	}
	expr, hint := f.Pattern()
	if expr == "" {
		return
	}
	if s.Pattern = ecmaPattern(expr); least == 0 {
		s.Pattern = orEmpty(s.Pattern)
	}
	s.Description = sentences(s.Description, "Must be "+hint)
}

// goCodePoint is a character's number as Go's regular expressions have it.
var goCodePoint = regexp.MustCompile(`\\x\{([0-9a-fA-F]{1,4})\}`)

// ecmaPattern writes a regular expression as OpenAPI wants it, for JavaScript.
func ecmaPattern(expr string) string {
	return goCodePoint.ReplaceAllStringFunc(expr, func(s string) string {
		digits := strings.ToUpper(s[len(`\x{`) : len(s)-1])
		return `\u` + strings.Repeat("0", 4-len(digits)) + digits
	})
}

func jsonType(f *schema.Field) string {
	switch f.Type.Shape() {
	case schema.AsBool:
		return huma.TypeBoolean
	case schema.AsString, schema.AsTime:
		return huma.TypeString
	}
	if f.Type.Storage() == schema.Float {
		return huma.TypeNumber
	}
	return huma.TypeInteger
}

// format is that of the field's type, or says what to hide while it is typed.
func format(f *schema.Field) string {
	if f.IsSecret {
		return "password"
	}
	return f.Type.Look().Format
}

// bounds is the declared range of a number, or that of its type.
func bounds(f *schema.Field) (least, most *float64) {
	look := f.Type.Look()
	if low, high, ok := f.Bounds(); ok {
		look.Least, look.Most = &low, &high
	}
	return bound(look.Least), bound(look.Most)
}

func bound(n *int64) *float64 {
	if n == nil {
		return nil
	}
	return number(float64(*n))
}

func enum(f *schema.Field, nullable bool) []any {
	if len(f.Enum) == 0 {
		return nil
	}
	var values []any
	for _, e := range f.Enum {
		values = append(values, e.Value)
	}
	if nullable {
		values = append(values, nil)
	}
	return values
}

// labels are the display words of an enum that say more than its values, for tools that show them beside those.
func labels(f *schema.Field) map[string]any {
	if !tellingLabels(f) {
		return nil
	}
	words := map[string]string{}
	for _, e := range f.Enum {
		words[e.Value] = e.Label
	}
	return map[string]any{"x-enumDescriptions": words}
}
