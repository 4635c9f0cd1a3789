package store

import (
	"strings"

	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// SQL is how one kind of database is spoken to.
type SQL struct {
	dialect
	operators map[query.Op]operator
}

// SQLite is the SQL of SQLite from version 3.44 on. Rendered queries use the functions sha1(text) and regexp(pattern, text), which the
// connection must have; regexp of a null is null or 0.
func SQLite() SQL { return SQL{sqliteDialect{}, operators()} }

// PostgreSQL is the SQL of PostgreSQL from version 13 on. Rendered queries use functions whose names begin with dewpoint_, which the
// database must have; they stand in functions.sql of package postgres. A connection needs standard_conforming_strings on and
// extra_float_digits 1, so that reals come out as the numbers that they are.
func PostgreSQL() SQL { return SQL{postgresDialect{}, operators()} }

// dialect is what differs between the databases.
type dialect interface {
	// rowKey is the type of a column that numbers rows and never gives a number twice; column is that of any other.
	rowKey() string
	column(s schema.Storage) string
	// indexed is a column as an index names it, so that the index serves the order of rows as well.
	indexed(column string) string

	// mark stands for the n-th argument, from 1, where the database sees its type from what is around it; param does anywhere.
	mark(n int) string
	param(n int, v any) string
	// repeated is the mark of an argument that has one already.
	repeated(n int, v any) string
	// listed selects the members of a JSON array, the one argument.
	listed(s schema.Storage) string
	// strict tells that what is compared must be of one type, so that constants have to be made fit.
	strict() bool
	// notSame is the operator that is true where the sides differ or one of them is null.
	notSame() string
	// null is a null that counts as text, derived what a select in a from clause needs behind it.
	null() string
	derived() string
	// sortable writes a value so that texts compare by their bytes; nulls is what a sort needs for nulls to be less than all else.
	sortable(r *renderer, n query.Node)
	nulls(desc bool) string
	// limit writes a limit (negative for none) and an offset.
	limit(r *renderer, limit, offset int64)

	// number, text and document write an expression that gives the JSON text of a value, "null" for null.
	number(r *renderer, n query.Node)
	text(r *renderer, n query.Node)
	document(r *renderer, n query.Node)
	// members joins the JSON texts of one or more values, each behind its label, and the brace that ends them.
	members(r *renderer, labels []string, cols []query.Column)
	// cells writes what gives the JSON of a row: a column for each member that it returns, or one for the whole.
	cells(r *renderer, cols []query.Column) []member

	// call writes a function of the query language, cast a value as text, aggregates what stands around an aggregate's value.
	call(r *renderer, f *query.Func)
	cast(r *renderer, n query.Node)
	aggregates(m *query.Many) (around [2]string, ok bool)
	// matches writes the test of a value by a regular expression.
	matches(r *renderer, n query.Node, pattern schema.Value)
	// place is the function that finds a text in another, from 1; tail writes the last characters of a text.
	place() string
	tail(r *renderer, n query.Node, count int)
	// refTable and refKey write the parts of a "table/key" reference.
	refTable(r *renderer, ref *query.Cell)
	refKey(r *renderer, ref *query.Cell, number bool)
}

// bind puts the marks of arguments where a statement of this package has question marks, which it has for nothing else.
func (l SQL) bind(text string) string {
	var b strings.Builder
	for n := 1; ; n++ {
		before, after, found := strings.Cut(text, "?")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		b.WriteString(l.mark(n))
		text = after
	}
}
