package schema

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// numType is a decimal number: percentages, prices.
type numType struct{}

// Num is a decimal number.
func Num(name string) *Field { return &Field{Name: name, Type: numType{}} }

func (numType) Name() string     { return "num" }
func (numType) Storage() Storage { return Float }
func (numType) Shape() Shape     { return AsNumber }
func (numType) GoType() string   { return "float64" }
func (numType) Getter() string   { return "Real" }
func (numType) Look() Look       { return Look{Format: "double"} }

func (numType) Parse(f *Field, raw json.RawMessage) (Value, error) {
	s := strings.Trim(string(raw), `" `)
	if s == "" || s == "null" {
		return Value{}, nil
	}
	x, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(x, 0) || math.IsNaN(x) {
		return Value{}, f.invalid("%s is not a number", clip(s))
	}
	return RealValue(x), nil
}
