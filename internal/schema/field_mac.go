package schema

import (
	"encoding/json"
	"net"
)

// macType is the address of a network card, kept in lower case with colons.
type macType struct{}

// MAC is the address of a network card, 48 bits. Clients may write it with colons, hyphens or dots, in any case.
func MAC(name string) *Field { return &Field{Name: name, Type: macType{}} }

func (macType) Name() string     { return "mac" }
func (macType) Storage() Storage { return Chars }
func (macType) Shape() Shape     { return AsString }
func (macType) GoType() string   { return "string" }
func (macType) Getter() string   { return "Text" }
func (macType) Look() Look       { return Look{Sample: "02:00:00:00:00:01"} }

func (macType) Parse(f *Field, raw json.RawMessage) (Value, error) {
	s, ok, err := parseText(f, raw)
	if err != nil || !ok || s == "" {
		return Value{}, err
	}
	mac, err := net.ParseMAC(s)
	if err != nil || len(mac) != 6 {
		return Value{}, f.invalid("%s is no MAC address: write it like 02:00:00:00:00:01", clip(s))
	}
	return TextValue(mac.String()), nil
}
