package schema

import (
	"encoding/json"
	"strings"
	"unicode"
	"unicode/utf8"
)

// textType is every type that is kept as text: "string" is one line, "text" may have line breaks, "filename" is one path element.
type textType struct {
	name      string
	multiline bool
	filename  bool
	sample    any
}

// String is a one-line text.
func String(name string) *Field { return &Field{Name: name, Type: textType{name: "string"}} }

// LongText is a text that may hold line breaks and tabs.
func LongText(name string) *Field {
	return &Field{Name: name, Type: textType{name: "text", multiline: true, sample: "what it is for"}}
}

// Filename is the name of a file without a folder: no slash, not "." or "..".
func Filename(name string) *Field {
	return (&Field{Name: name, Type: textType{name: "filename", filename: true, sample: "example.iso"}}).Len(1, 255)
}

// Enum is a string with a fixed set of values, shown with their first letter raised unless Labels says otherwise.
func Enum(name string, values ...string) *Field {
	f := String(name)
	for _, v := range values {
		label := v
		if v != "" {
			label = strings.ToUpper(v[:1]) + v[1:]
		}
		f.Enum = append(f.Enum, EnumValue{v, label})
	}
	return f
}

func (t textType) Name() string     { return t.name }
func (t textType) Storage() Storage { return Chars }
func (t textType) Shape() Shape     { return AsString }
func (t textType) GoType() string   { return "string" }
func (t textType) Getter() string   { return "Text" }
func (t textType) Look() Look       { return Look{Sample: t.sample} }

func (t textType) Parse(f *Field, raw json.RawMessage) (Value, error) {
	s, ok, err := parseText(f, raw)
	if err != nil || !ok {
		return Value{}, err
	}
	if s == "" && (len(f.Enum) > 0 || !f.DefaultValue.IsNull()) {
		return Value{}, nil // clients send "" for "use the default"
	}
	if !utf8.ValidString(s) {
		return Value{}, f.invalid("is not valid UTF-8")
	}
	for _, e := range f.Enum {
		if f.IsAnyCase && strings.EqualFold(e.Value, s) {
			return TextValue(e.Value), nil
		}
	}
	for _, r := range s {
		if r == 0x7f || r < ' ' && !(t.multiline && (r == '\n' || r == '\t' || r == '\r')) {
			return Value{}, f.invalid("contains a control character")
		}
	}
	if t.filename && (s == "." || s == ".." || strings.ContainsAny(s, `/\`)) {
		return Value{}, f.invalid("must be a plain file name without a folder")
	}
	if t.filename && strings.ContainsFunc(s, misleading) {
		return Value{}, f.invalid("contains a control character, a line break or one that turns the direction of writing")
	}
	return TextValue(s), nil
}

// misleading reports characters that no name of a file may hold, since it would show as another one: of control, line breaks, and those that override the
// direction of what follows. All others, spaces and signs of any kind among them, are people's own.
func misleading(r rune) bool {
	return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069'
}

// parseText reads a JSON string, or the digits of a JSON number, which clients send for columns such as preferred_tier.
func parseText(f *Field, raw json.RawMessage) (string, bool, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", false, nil
	}
	switch c := raw[0]; {
	case c == '"':
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			return "", false, f.invalid("is not a JSON string")
		}
		return s, true, nil
	case c == '-' || c >= '0' && c <= '9':
		return string(raw), true, nil
	}
	return "", false, f.invalid("must be a string")
}
