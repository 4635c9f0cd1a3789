package schema

import (
	"encoding/json"
	"strconv"
)

// Kind tells what a Value holds.
type Kind uint8

// The four things a cell can hold. Booleans are Int 0 or 1, JSON documents are Text; the field's type tells them apart.
const (
	Null Kind = iota
	Int
	Real
	Text
)

// Value is one cell of a row. The zero Value is null.
type Value struct {
	kind Kind
	i    int64
	f    float64
	s    string
}

// IntValue makes an integer cell.
func IntValue(i int64) Value { return Value{kind: Int, i: i} }

// BoolValue makes a boolean cell (1 or 0).
func BoolValue(b bool) Value {
	if b {
		return IntValue(1)
	}
	return IntValue(0)
}

// RealValue makes a floating point cell.
func RealValue(f float64) Value { return Value{kind: Real, f: f} }

// TextValue makes a text cell.
func TextValue(s string) Value { return Value{kind: Text, s: s} }

// RefValue makes a reference to a row with a numeric key, null for key 0.
func RefValue(key int64) Value {
	if key == 0 {
		return Value{}
	}
	return IntValue(key)
}

// Kind tells what v holds.
func (v Value) Kind() Kind { return v.kind }

// IsNull reports whether v holds nothing.
func (v Value) IsNull() bool { return v.kind == Null }

// Int returns v as an integer: a real is cut off, text is read as a decimal number, anything else is 0.
func (v Value) Int() int64 {
	switch v.kind {
	case Int:
		return v.i
	case Real:
		return int64(v.f)
	case Text:
		n, _ := strconv.ParseInt(v.s, 10, 64)
		return n
	}
	return 0
}

// Real returns v as a float, 0 for null.
func (v Value) Real() float64 {
	if v.kind == Real {
		return v.f
	}
	return float64(v.Int())
}

// Bool reports whether v is a number other than 0.
func (v Value) Bool() bool { return v.Int() != 0 }

// Text returns v as text, "" for null.
func (v Value) Text() string {
	switch v.kind {
	case Text:
		return v.s
	case Int:
		return strconv.FormatInt(v.i, 10)
	case Real:
		return strconv.FormatFloat(v.f, 'g', -1, 64)
	}
	return ""
}

// Any returns v as what database/sql drivers take: nil, int64, float64 or string.
func (v Value) Any() any {
	switch v.kind {
	case Int:
		return v.i
	case Real:
		return v.f
	case Text:
		return v.s
	}
	return nil
}

// ValueOf is the inverse of Any: it reads what a database driver gives for a cell.
func ValueOf(x any) Value {
	switch x := x.(type) {
	case int64:
		return IntValue(x)
	case float64:
		return RealValue(x)
	case bool:
		return BoolValue(x)
	case string:
		return TextValue(x)
	case []byte:
		return TextValue(string(x))
	}
	return Value{}
}

// Set is a change of a row: column name → new value.
type Set map[string]Value

// Input is a row as a client sent it: wire name → the JSON text of the value.
type Input map[string]json.RawMessage

// Record is one row as it is stored: its key, and a value for each stored column of its table. A column that clients name the row by is
// its key.
type Record struct {
	Table *Table
	Key   Value
	// Row is the number of the row, which never comes back either; in a table keyed by numbers it is the key.
	Row int64
	// Deleted tells that the row is a tombstone: gone for clients, kept until its things on the host are cleared away.
	Deleted bool
	// Version grows with each change of what clients can write, where the table is versioned.
	Version int64
	values  []Value
	fault   func(error) // of the transaction that has the record
	faulty  error       // for the one that comes to have it: a column was named that isn't declared
}

// NewRecord makes an empty row of t.
func NewRecord(t *Table) *Record {
	return &Record{Table: t, values: make([]Value, len(t.Fields))}
}

// Get returns the value of a stored column; null for one that is read through others. A column that isn't declared is null too, and the
// transaction that read the record or inserts it fails; it is a defect of the caller, and tests panic.
func (r *Record) Get(name string) Value {
	if i, ok := r.Table.index[name]; ok {
		return r.At(i)
	}
	r.missing(name)
	return Value{}
}

// missing has the transaction of the record fail, or as long as there is none the one that the record is inserted by.
func (r *Record) missing(name string) {
	tell := r.fault
	if tell == nil {
		tell = func(err error) { r.faulty = err }
	}
	_ = Unknown(r.Table, name, tell)
}

// Find is Get for callers that don't know whether the table has the column.
func (r *Record) Find(name string) (v Value, declared bool) {
	i, declared := r.Table.index[name]
	if declared {
		v = r.At(i)
	}
	return v, declared
}

// OnFault has f told of columns that aren't declared: those that were named already, and those that will be.
func (r *Record) OnFault(f func(error)) {
	r.fault = f
	if r.faulty != nil {
		f(r.faulty)
	}
}

// Put sets the value of a stored column. One that isn't declared is a fault, as for Get.
func (r *Record) Put(name string, v Value) {
	if i, ok := r.Table.index[name]; ok {
		r.PutAt(i, v)
		return
	}
	r.missing(name)
}

// PutAll sets the values of several stored columns, as Put does.
func (r *Record) PutAll(set Set) {
	for name, v := range set {
		r.Put(name, v)
	}
}

// Clone returns a copy that can be changed on its own.
func (r *Record) Clone() *Record {
	c := *r
	c.values = append([]Value(nil), r.values...)
	return &c
}

// With returns a copy with the given values.
func (r *Record) With(set Set) *Record {
	c := r.Clone()
	c.PutAll(set)
	return c
}

// Changes returns those of the given values that the record doesn't have.
func (r *Record) Changes(set Set) Set {
	differ := Set{}
	for name, v := range set {
		if r.Get(name) != v {
			differ[name] = v
		}
	}
	return differ
}

// At returns the value of the i-th field of the table, PutAt sets it; both are for code that walks Table.Fields.
func (r *Record) At(i int) Value {
	if r.Table.Fields[i].IsKey {
		return r.Key
	}
	return r.values[i]
}

// Cells returns what gives the values of the stored fields one after the other, for the generated rows: a new field changes no line of those of others.
func (r *Record) Cells() func() Value {
	i := -1
	return func() Value {
		for i++; !r.Table.Fields[i].Stored(); i++ {
		}
		return r.values[i]
	}
}

// PutAt sets the value of the i-th field of the table.
func (r *Record) PutAt(i int, v Value) {
	if r.Table.Fields[i].IsKey {
		r.Key = v
		return
	}
	r.values[i] = v
}
