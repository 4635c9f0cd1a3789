package schema

import (
	"encoding/json"
	"time"
)

// timeType is a moment as a whole number since 1970 in UTC. Created ones are set when the row is made, modified ones at each change;
// clients never write them.
type timeType struct {
	name    string
	unit    time.Duration
	created bool
}

func moment(name, typ string, unit time.Duration, created bool) *Field {
	words := map[time.Duration]string{time.Second: "seconds", time.Millisecond: "milliseconds", time.Microsecond: "microseconds"}
	return (&Field{Name: name, Type: timeType{typ, unit, created}}).Unit(words[unit] + " since 1970").ReadOnly()
}

// Created is the second in which the row was made.
func Created(name string) *Field { return moment(name, "created", time.Second, true) }

// CreatedMillis is the millisecond in which the row was made.
func CreatedMillis(name string) *Field { return moment(name, "created_ms", time.Millisecond, true) }

// CreatedMicros is the microsecond in which the row was made.
func CreatedMicros(name string) *Field { return moment(name, "created_us", time.Microsecond, true) }

// Modified is the second of the last change.
func Modified(name string) *Field { return moment(name, "modified", time.Second, false) }

// ModifiedMillis is the millisecond of the last change.
func ModifiedMillis(name string) *Field { return moment(name, "modified_ms", time.Millisecond, false) }

// ModifiedMicros is the microsecond of the last change.
func ModifiedMicros(name string) *Field { return moment(name, "modified_us", time.Microsecond, false) }

// FileModified is the second in which the file's bytes last changed.
func FileModified(name string) *Field { return moment(name, "filemodified", time.Second, false) }

func (t timeType) Name() string     { return t.name }
func (t timeType) Storage() Storage { return Integer }
func (t timeType) Shape() Shape     { return AsNumber }
func (t timeType) GoType() string   { return "int64" }
func (t timeType) Getter() string   { return "Int" }
func (t timeType) Look() Look       { return Look{Format: "int64"} }

func (t timeType) Parse(f *Field, raw json.RawMessage) (Value, error) {
	n, ok, err := parseInteger(f, raw)
	if err != nil || !ok {
		return Value{}, err
	}
	return IntValue(n), nil
}

// Tick returns the unit that a time field counts in; ok is false for fields of other types.
func (f *Field) Tick() (unit time.Duration, ok bool) {
	t, ok := f.Type.(timeType)
	return t.unit, ok
}

// Stamp returns the value that a time field takes when its row is made (create) or changed at now; ok is false for a field that this
// does not touch.
func (f *Field) Stamp(now time.Time, create bool) (v Value, ok bool) {
	t, ok := f.Type.(timeType)
	if !ok || t.created && !create {
		return Value{}, false
	}
	return IntValue(now.UnixNano() / int64(t.unit)), true
}
