package schema

import "encoding/json"

// percentType is a share of a whole in percent, without decimals.
type percentType struct{}

// Percent is a whole number from 0 to 100.
func Percent(name string) *Field { return (&Field{Name: name, Type: percentType{}}).In("percent") }

func (percentType) Name() string     { return "percent" }
func (percentType) Storage() Storage { return Integer }
func (percentType) Shape() Shape     { return AsNumber }
func (percentType) GoType() string   { return "int64" }
func (percentType) Getter() string   { return "Int" }

func (percentType) Look() Look {
	least, most := int64(0), int64(100)
	return Look{Format: "uint8", Least: &least, Most: &most, Sample: 50}
}

func (percentType) Parse(f *Field, raw json.RawMessage) (Value, error) {
	n, ok, err := parseInteger(f, raw)
	if err != nil || !ok {
		return Value{}, err
	}
	if n < 0 || n > 100 {
		return Value{}, f.invalid("%d is not from 0 to 100", n)
	}
	return IntValue(n), nil
}
