package store

import "dewpoint/internal/schema"

// Is keeps the rows whose column has one of the values.
func Is[V schema.Cell](c schema.Column[V], values ...V) Cond {
	list := make([]schema.Value, len(values))
	for i, v := range values {
		list[i] = c.Value(v)
	}
	return In(c.Name(), list...)
}

// IsAmong keeps the rows whose column has one of the values that other columns have, or keys.
func IsAmong(c schema.Named, vs ...schema.Value) Cond { return In(c.Name(), vs...) }

// IsNull keeps the rows whose column holds nothing.
func IsNull(c schema.Named) Cond { return Eq(c.Name(), schema.Value{}) }

// IsOrNull keeps the rows whose column has the value or none; IsNot those that have another one.
func IsOrNull[V schema.Cell](c schema.Column[V], v V) Cond { return EqOrNull(c.Name(), c.Value(v)) }

// IsNot keeps the rows whose column has a value, and not v.
func IsNot[V schema.Cell](c schema.Column[V], v V) Cond { return Other(c.Name(), c.Value(v)) }

// IsUpTo keeps the rows whose column is a number not above v.
func IsUpTo[V int64 | float64](c schema.Column[V], v V) Cond { return UpTo(c.Name(), c.Value(v)) }

// IsOutside is Outside.
func IsOutside(c schema.Named, table string, conds ...Cond) Cond {
	return Outside(c.Name(), table, conds...)
}
