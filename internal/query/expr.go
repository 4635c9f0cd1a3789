package query

import "dewpoint/internal/schema"

// Expr is a predicate over the rows of a table, made by code rather than by a client: what permissions and the engine AND into a
// plan. Fields are column names or paths ("machine#cluster"), hidden ones included; rows that a path crosses are not guarded again.
// The zero Expr is True.
type Expr struct {
	kind   exprKind
	field  string
	values []schema.Value
	args   []Expr
	table  string                   // of Among
	column string                   // of Among
	rule   func(*schema.Table) Expr // of Leads
}

type exprKind uint8

const (
	exprTrue exprKind = iota
	exprFalse
	exprIn
	exprAnd
	exprOr
	exprAmong
	exprLeads
	exprRefers
)

// True holds for every row, False for none.
func True() Expr  { return Expr{} }
func False() Expr { return Expr{kind: exprFalse} }

// Eq holds where the field has that value; a null v asks for null. The field may be "$key".
func Eq(field string, v schema.Value) Expr { return In(field, v) }

// In holds where the field has one of the values; it is False without any.
func In(field string, values ...schema.Value) Expr {
	if len(values) == 0 {
		return False()
	}
	return Expr{kind: exprIn, field: field, values: values}
}

// And holds where all of es do, and everywhere when there are none.
func And(es ...Expr) Expr { return join(exprAnd, exprTrue, exprFalse, es) }

// Or holds where one of es does, and nowhere when there are none.
func Or(es ...Expr) Expr { return join(exprOr, exprFalse, exprTrue, es) }

// Among holds where the field has a value that stands in the given column of one of the rows of table that meet where.
func Among(field, table, column string, where Expr) Expr {
	return Expr{kind: exprAmong, field: field, table: table, column: column, args: []Expr{where}}
}

// Leads holds where the reference in the field leads to a row that meets what rule says of the rows of its table. The field must be
// a column of the table itself; for a polymorphic one the rule is asked about each table that it may lead to.
func Leads(field string, rule func(*schema.Table) Expr) Expr {
	return Expr{kind: exprLeads, field: field, rule: rule}
}

// Refers holds where a reference is set. Of one that is kept as text it gives two bounds, between which all keys and names of tables lie, so
// that the database finds the rows by the column's index; of "is not null", or of one bound, SQLite expects so many rows that it reads the
// whole table.
func Refers(field string) Expr { return Expr{kind: exprRefers, field: field} }

// join drops the parts that don't matter (neutral) and stops at the one that decides (final).
func join(kind, neutral, final exprKind, es []Expr) Expr {
	var kept []Expr
	for _, e := range es {
		switch e.kind {
		case final:
			return e
		case neutral:
		default:
			kept = append(kept, e)
		}
	}
	switch len(kept) {
	case 0:
		return Expr{kind: neutral}
	case 1:
		return kept[0]
	}
	return Expr{kind: kind, args: kept}
}

// IsTrue reports whether e holds for every row by its form, IsFalse whether it holds for none.
func (e Expr) IsTrue() bool  { return e.kind == exprTrue }
func (e Expr) IsFalse() bool { return e.kind == exprFalse }
