package schema

import (
	"encoding/json"
	"strconv"
	"time"
)

// momentType is a moment that clients see as text and that is kept as the second since 1970.
type momentType struct{}

// Moment is a moment that clients see as "2024-01-15 10:30:00" in UTC.
func Moment(name string) *Field { return &Field{Name: name, Type: momentType{}} }

func (momentType) Name() string     { return "string" }
func (momentType) Storage() Storage { return Integer }
func (momentType) Shape() Shape     { return AsTime }
func (momentType) GoType() string   { return "int64" }
func (momentType) Getter() string   { return "Int" }
func (momentType) Look() Look       { return Look{Sample: "2024-01-15 10:30:00"} }

// Parse reads what Form does.
func (t momentType) Parse(f *Field, raw json.RawMessage) (Value, error) {
	s, ok, err := parseText(f, raw)
	if err != nil || !ok || s == "" {
		return Value{}, err
	}
	n, err := strconv.ParseInt(t.Form(s), 10, 64)
	if err != nil {
		return Value{}, f.invalid("must be a date and time such as 2024-01-15 10:30:00")
	}
	return IntValue(n), nil
}

// Form gives the second of a text that is a date and time.
func (momentType) Form(text string) string {
	if at, err := time.Parse(time.DateTime, text); err == nil {
		return strconv.FormatInt(at.Unix(), 10)
	}
	return text
}
