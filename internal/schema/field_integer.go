package schema

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// integerType is every whole number, and what the guide keeps as one: sizes in bytes, 0/1 switches come from field_bool.go.
type integerType struct {
	name     string
	min, max int64
	format   string
	sample   any
}

// integer is a number whose type is called as the format is.
func integer(name, typ string, least, most int64) *Field {
	return &Field{Name: name, Type: integerType{name: typ, min: least, max: most, format: typ}}
}

// size is a number of bytes.
func size(name, typ string) *Field {
	return (&Field{Name: name, Type: integerType{name: typ, max: math.MaxInt64, format: "int64", sample: 10 << 30}}).Unit("bytes")
}

// Uint8 is a number from 0 to 255.
func Uint8(name string) *Field { return integer(name, "uint8", 0, math.MaxUint8) }

// Uint16 is a number from 0 to 65535.
func Uint16(name string) *Field { return integer(name, "uint16", 0, math.MaxUint16) }

// Uint32 is a number from 0 to 2³²-1.
func Uint32(name string) *Field { return integer(name, "uint32", 0, math.MaxUint32) }

// Uint64 is a number from 0 to 2⁶³-1: the databases have no unsigned 64-bit column.
func Uint64(name string) *Field { return integer(name, "uint64", 0, math.MaxInt64) }

// Int8 is a number from -128 to 127.
func Int8(name string) *Field { return integer(name, "int8", math.MinInt8, math.MaxInt8) }

// Int16 is a number from -32768 to 32767.
func Int16(name string) *Field { return integer(name, "int16", math.MinInt16, math.MaxInt16) }

// Int32 is a signed 32-bit number.
func Int32(name string) *Field { return integer(name, "int32", math.MinInt32, math.MaxInt32) }

// Int64 is a signed 64-bit number.
func Int64(name string) *Field { return integer(name, "int64", math.MinInt64, math.MaxInt64) }

// Filesize is a size in bytes that a client asks for.
func Filesize(name string) *Field {
	return size(name, "filesize")
}

// Fileused is the number of bytes in use on disk, a fact.
func Fileused(name string) *Field {
	return size(name, "fileused").ReadOnly()
}

// Fileallocated is the number of bytes set aside.
func Fileallocated(name string) *Field {
	return size(name, "fileallocated")
}

func (t integerType) Name() string     { return t.name }
func (t integerType) Storage() Storage { return Integer }
func (t integerType) Shape() Shape     { return AsNumber }
func (t integerType) GoType() string   { return "int64" }
func (t integerType) Getter() string   { return "Int" }

// Look leaves the ends that only 64 bits hold to the format.
func (t integerType) Look() Look {
	l := Look{Format: t.format, Sample: t.sample}
	if t.min != math.MinInt64 {
		l.Least = &t.min
	}
	if t.max != math.MaxInt64 {
		l.Most = &t.max
	}
	return l
}

func (t integerType) Parse(f *Field, raw json.RawMessage) (Value, error) {
	n, ok, err := parseInteger(f, raw)
	if err != nil || !ok {
		return Value{}, err
	}
	if n < t.min || n > t.max {
		return Value{}, f.invalid("%d does not fit %s", n, t.name)
	}
	return IntValue(n), nil
}

// parseInteger reads 8192, "8192" and 8192.0; ok is false for null and "".
func parseInteger(f *Field, raw json.RawMessage) (n int64, ok bool, err error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 || string(raw) == "null" {
		return 0, false, nil
	}
	s := string(raw)
	if raw[0] == '"' {
		if json.Unmarshal(raw, &s) != nil {
			return 0, false, f.invalid("is not a JSON string")
		}
		if s = strings.TrimSpace(s); s == "" {
			return 0, false, nil
		}
	}
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true, nil
	}
	if x, err := strconv.ParseFloat(s, 64); err == nil && x == math.Trunc(x) && math.Abs(x) < 1<<53 {
		return int64(x), true, nil
	}
	return 0, false, f.invalid("%s is not a whole number", clip(s))
}
