package schema

import (
	"encoding/json"
	"strings"
)

// boolType is true or false; "enabled" is the same under the guide's other name.
type boolType struct{ name string }

// Bool is true or false.
func Bool(name string) *Field { return (&Field{Name: name, Type: boolType{"bool"}}).Default(false) }

// Enabled is the switch that a table's rows are turned off by; true unless said otherwise.
func Enabled(name string) *Field {
	return (&Field{Name: name, Type: boolType{"enabled"}}).Default(true)
}

func (t boolType) Name() string     { return t.name }
func (t boolType) Storage() Storage { return Integer }
func (t boolType) Shape() Shape     { return AsBool }
func (t boolType) GoType() string   { return "bool" }
func (t boolType) Getter() string   { return "Bool" }
func (t boolType) Look() Look       { return Look{} }

func (t boolType) Parse(f *Field, raw json.RawMessage) (Value, error) {
	switch strings.ToLower(strings.Trim(string(raw), `" `)) {
	case "", "null":
		return Value{}, nil
	case "true", "1", "yes", "on":
		return BoolValue(true), nil
	case "false", "0", "no", "off":
		return BoolValue(false), nil
	}
	return Value{}, f.invalid("must be true or false")
}
