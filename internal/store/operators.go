package store

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// operator is how a comparison is said in SQL.
type operator struct {
	write func(r *renderer, c *query.Cmp)
	// fit replaces a comparison that a strict database couldn't make as it stands; nil where all can be made.
	fit func(c *query.Cmp) query.Pred
}

// operators are those of plans, one a line. It is a function, since what they write may hold comparisons again.
func operators() map[query.Op]operator {
	return map[query.Op]operator{
		query.OpEq:      {sign(" = "), fitEqual},
		query.OpNe:      {notSame, fitEqual},
		query.OpGt:      {sign(" > "), fitOrder},
		query.OpGe:      {sign(" >= "), fitOrder},
		query.OpLt:      {sign(" < "), fitOrder},
		query.OpLe:      {sign(" <= "), fitOrder},
		query.OpIsNull:  {ending(" IS NULL"), nil},
		query.OpNotNull: {ending(" IS NOT NULL"), nil},
		query.OpIn:      {among, fitEqual},
		query.OpBegins:  {begins, fitText},
		query.OpEnds:    {ends, fitText},
		query.OpHas:     {has, fitText},
		query.OpHasFold: {hasFold, fitText},
		query.OpRegexp:  {func(r *renderer, c *query.Cmp) { r.matches(r, c.Left, c.Right[0]) }, nil},
	}
}

// sign compares by an operator that SQL has.
func sign(is string) func(*renderer, *query.Cmp) {
	return func(r *renderer, c *query.Cmp) {
		r.sortable(r, c.Left)
		r.put(is)
		if c.Fixed {
			r.put(quoteText(c.Right[0].Text()))
			return
		}
		r.constant(c.Left, c.Right[0])
	}
}

// constant writes what a value is compared with. Whether a boolean is wanted true or false stands in the statement itself: an index of the rows
// where it is false serves only a statement that says so.
func (r *renderer) constant(left query.Node, v schema.Value) {
	if c, ok := left.(*query.Cell); ok && c.Field != nil && c.Field.Type.Shape() == schema.AsBool && v.Kind() == schema.Int && v.Int()>>1 == 0 {
		r.put(v.Text())
		return
	}
	r.bind(v.Any())
}

// ending is a test that needs no constant.
func ending(test string) func(*renderer, *query.Cmp) {
	return func(r *renderer, c *query.Cmp) {
		r.value(c.Left)
		r.put(test)
	}
}

func notSame(r *renderer, c *query.Cmp) {
	r.value(c.Left)
	r.put(" ", r.notSame(), " ")
	r.bind(c.Right[0].Any())
}

func among(r *renderer, c *query.Cmp) {
	r.value(c.Left)
	r.put(" IN (")
	for i, v := range c.Right {
		if i > 0 {
			r.put(", ")
		}
		r.bind(v.Any())
	}
	r.put(")")
}

// What looks for a part of a text isn't written as LIKE, which takes two characters for special and is slow on many wildcards.

// begins looks for a text in as much of another as is as long. Where the two are said to be equal, PostgreSQL takes it for granted that hardly any row
// fits, and reads and sorts the table instead of an index.
func begins(r *renderer, c *query.Cmp) {
	s := c.Right[0].Text()
	r.put(r.place(), "(substr(")
	r.value(c.Left)
	r.put(", 1, ", strconv.Itoa(utf8.RuneCountInString(s)), "), ")
	r.bind(s)
	r.put(") > 0")
}

func ends(r *renderer, c *query.Cmp) {
	s := c.Right[0].Text()
	if s == "" { // a length of nothing is that of the whole text
		ending(" IS NOT NULL")(r, c)
		return
	}
	r.tail(r, c.Left, utf8.RuneCountInString(s)) // a text that is shorter is taken whole, and then differs
	r.put(" = ")
	r.bind(s)
}

func has(r *renderer, c *query.Cmp) {
	r.put(r.place(), "(")
	r.value(c.Left)
	r.put(", ")
	r.bind(c.Right[0].Text())
	r.put(") > 0")
}

// lowered are the letters beyond ASCII whose other case is an ASCII letter: the long s, and the sign of the kelvin. Databases leave them alone.
var lowered = [][2]string{{"\u017f", "s"}, {"\u212a", "k"}}

// hasFold looks for a text of ASCII characters.
func hasFold(r *renderer, c *query.Cmp) {
	s := c.Right[0].Text()
	before, after := r.place()+"(", ", "
	for _, l := range lowered {
		if strings.Contains(s, l[1]) {
			before, after = before+"replace(", ", "+quoteText(l[0])+", "+quoteText(l[1])+")"+after
		}
	}
	r.put(before)
	r.value(&query.Func{Name: query.FuncLower, Arg: c.Left})
	r.put(after)
	r.bind(s)
	r.put(") > 0")
}
