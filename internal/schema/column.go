package schema

// Cell is what a column holds in Go.
type Cell interface {
	bool | int64 | float64 | string
}

// Column is a stored column of a table with the type of what it holds. The generated rows have one for each, so that a column that is renamed
// or gone doesn't compile.
type Column[V Cell] struct {
	name string
	ref  bool
}

// Col names a column, RefCol one that leads to a row: there the zero value is null.
func Col[V Cell](name string) Column[V] { return Column[V]{name: name} }

// RefCol names a column that leads to a row.
func RefCol[V Cell](name string) Column[V] { return Column[V]{name: name, ref: true} }

// Name is the wire name.
func (c Column[V]) Name() string { return c.name }

// Value is v as the column holds it.
func (c Column[V]) Value(v V) Value {
	switch v := any(v).(type) {
	case bool:
		return BoolValue(v)
	case int64:
		if c.ref {
			return RefValue(v)
		}
		return IntValue(v)
	case float64:
		return RealValue(v)
	case string:
		if c.ref && v == "" {
			return Value{}
		}
		return TextValue(v)
	}
	return Value{}
}

// Of is what a record holds there.
func (c Column[V]) Of(r *Record) Value { return r.Get(c.name) }

// Target is the row that a record's reference leads to, as Field.Target tells it.
func (c Column[V]) Target(s *Schema, r *Record) (*Table, Value) {
	v := c.Of(r)
	f := r.Table.Field(c.name)
	if f == nil {
		return nil, v
	}
	return f.Target(s, v)
}

// In is what a change gives the column, if it gives it something.
func (c Column[V]) In(s Set) (v Value, given bool) {
	v, given = s[c.name]
	return v, given
}

// Put has a record hold v there.
func (c Column[V]) Put(r *Record, v V) { r.Put(c.name, c.Value(v)) }

// Named is any column.
type Named interface{ Name() string }

// Null adds columns that are to hold nothing.
func (s Set) Null(columns ...Named) {
	for _, c := range columns {
		s[c.Name()] = Value{}
	}
}

// Differ adds the column if its value is to become another one.
func Differ[V Cell](s Set, c Column[V], old, now V) {
	if now != old {
		s[c.name] = c.Value(now)
	}
}
