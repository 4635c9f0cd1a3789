package store

import (
	"dewpoint/internal/schema"
)

// Cond narrows which rows Find, Count and Sum see. Without Tombstones or Everything they see live rows only.
type Cond struct {
	column string
	values []schema.Value
	test   test
	which  liveness
	table  string // of within and outside: what the column's values are the keys of
	conds  []Cond // that those rows meet
}

// test is how a column is compared.
type test uint8

const (
	in test = iota
	upTo
	after
	other
	equalOrNull
	within
	outside
)

type liveness uint8

const (
	live liveness = iota
	dead
	both
)

// Eq keeps the rows whose stored column has the value; a null value keeps those without one. A column that the table doesn't store is a
// defect of the caller.
func Eq(column string, v schema.Value) Cond { return Cond{column: column, values: []schema.Value{v}} }

// In keeps the rows whose column has one of the values.
func In(column string, vs ...schema.Value) Cond { return Cond{column: column, values: vs} }

// Numbered keeps the row with that number, which is its key where keys are numbers.
func Numbered(row schema.Value) Cond { return Eq(rowColumn, row) }

// NumberedUpTo keeps the rows whose number isn't above n.
func NumberedUpTo(n int64) Cond { return UpTo(rowColumn, schema.IntValue(n)) }

// UpTo keeps the rows whose column is a number not above v.
func UpTo(column string, v schema.Value) Cond {
	return Cond{column: column, values: []schema.Value{v}, test: upTo}
}

// Other keeps the rows whose column has a value, and not v. EqOrNull keeps all the others.
func Other(column string, v schema.Value) Cond {
	return Cond{column: column, values: []schema.Value{v}, test: other}
}

// EqOrNull keeps the rows whose column has the value or none.
func EqOrNull(column string, v schema.Value) Cond {
	return Cond{column: column, values: []schema.Value{v}, test: equalOrNull}
}

// Within keeps the rows whose column has the key of a row of the table that meets the conditions.
func Within(column, table string, conds ...Cond) Cond {
	return Cond{column: column, test: within, table: table, conds: conds}
}

// Outside keeps the rows whose column has a value, but not the key of a row of the table that meets the conditions.
func Outside(column, table string, conds ...Cond) Cond {
	return Cond{column: column, test: outside, table: table, conds: conds}
}

// KeyWithin and KeyOutside are Within and Outside for the key of the rows themselves, as of twins.
func KeyWithin(table string, conds ...Cond) Cond { return Within(keyColumn, table, conds...) }

// KeyOutside keeps the rows whose key is not that of a row of the other table.
func KeyOutside(table string, conds ...Cond) Cond { return Outside(keyColumn, table, conds...) }

// Tombstones keeps only deleted rows, Everything keeps live and deleted ones.
func Tombstones() Cond { return Cond{which: dead} }

// Everything keeps live and deleted rows.
func Everything() Cond { return Cond{which: both} }
