package schema

import (
	"bytes"
	"encoding/json"
)

// jsonType is a JSON document, kept as its compact text.
type jsonType struct{}

// JSON is a JSON document. A string that holds a JSON object or array is taken as that, since clients send params so.
func JSON(name string) *Field { return &Field{Name: name, Type: jsonType{}} }

func (jsonType) Name() string     { return "json" }
func (jsonType) Storage() Storage { return Chars }
func (jsonType) Shape() Shape     { return AsJSON }
func (jsonType) GoType() string   { return "string" }
func (jsonType) Getter() string   { return "Text" }
func (jsonType) Look() Look       { return Look{} }

func (jsonType) Parse(f *Field, raw json.RawMessage) (Value, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return Value{}, nil
	}
	var s string
	if raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
		if s == "" {
			return Value{}, nil
		}
		if (s[0] == '{' || s[0] == '[') && json.Valid([]byte(s)) {
			raw = json.RawMessage(s)
		}
	}
	var out bytes.Buffer
	if err := json.Compact(&out, raw); err != nil {
		return Value{}, f.invalid("is not valid JSON")
	}
	return TextValue(out.String()), nil
}
