package store

import (
	"errors"
	"strconv"
	"unicode/utf8"

	"dewpoint/internal/errs"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// pred writes a condition; the database may give null for false.
func (r *renderer) pred(p query.Pred) {
	switch p := p.(type) {
	case query.Const:
		r.put(map[query.Const]string{true: "1 = 1", false: "1 = 0"}[p])
	case *query.Joined:
		word := " AND "
		if p.Or {
			word = " OR "
		}
		r.joined(word, p.Args)
	case *query.Cmp:
		fit := r.fit(p)
		if c, ok := fit.(*query.Cmp); ok {
			r.compare(c)
			return
		}
		r.pred(fit)
	case *query.Sub:
		r.among(p)
	}
}

// joined writes conditions as a balanced tree: SQLite refuses an expression that is a thousand levels deep, which a plain chain of as
// many conditions is.
func (r *renderer) joined(word string, args []query.Pred) {
	if len(args) == 1 {
		r.pred(args[0])
		return
	}
	r.put("(")
	if len(args) <= 8 {
		for i, a := range args {
			if i > 0 {
				r.put(word)
			}
			r.pred(a)
		}
	} else {
		r.joined(word, args[:len(args)/2])
		r.put(word)
		r.joined(word, args[len(args)/2:])
	}
	r.put(")")
}

// signs are the operators that SQL has.
var signs = map[query.Op]string{
	query.OpEq: " = ", query.OpGt: " > ", query.OpGe: " >= ", query.OpLt: " < ", query.OpLe: " <= ",
}

// compare writes one comparison.
func (r *renderer) compare(c *query.Cmp) {
	if sign, ok := signs[c.Op]; ok {
		r.sortable(r, c.Left)
		r.put(sign)
		if c.Fixed {
			r.put(quoteText(c.Right[0].Text()))
			return
		}
		r.constant(c.Left, c.Right[0])
		return
	}
	switch c.Op {
	case query.OpIsNull, query.OpNotNull:
		r.value(c.Left)
		r.put(map[bool]string{true: " IS NULL", false: " IS NOT NULL"}[c.Op == query.OpIsNull])
	case query.OpNe:
		r.value(c.Left)
		r.put(" ", r.notSame(), " ")
		r.bind(c.Right[0].Any())
	case query.OpIn:
		r.in(c)
	case query.OpRegexp:
		r.matches(r, c.Left, c.Right[0])
	default:
		r.part(c)
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

// in writes a list of constants.
func (r *renderer) in(c *query.Cmp) {
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

// part writes the operators that look for a part of a text. They aren't written as LIKE, which takes two characters for special
// and is slow on many wildcards.
func (r *renderer) part(c *query.Cmp) {
	s := c.Right[0].Text()
	switch c.Op {
	case query.OpBegins:
		r.put("substr(")
		r.value(c.Left)
		r.put(", 1, ", strconv.Itoa(utf8.RuneCountInString(s)), ") = ")
	case query.OpEnds: // a text that is shorter is taken whole, and then differs
		if s == "" {
			r.value(c.Left)
			r.put(" IS NOT NULL")
			return
		}
		r.tail(r, c.Left, utf8.RuneCountInString(s))
		r.put(" = ")
	case query.OpHas, query.OpHasFold:
		left := c.Left
		if c.Op == query.OpHasFold {
			left = &query.Func{Name: query.FuncLower, Arg: left}
		}
		r.put(r.place(), "(")
		r.value(left)
		r.put(", ")
		r.bind(s)
		r.put(") > 0")
		return
	default: // what follows would be a condition of its own, false for most texts
		r.err = errors.Join(r.err, errs.New(errs.Internal, "no_operator", "the operator %d has no SQL", c.Op))
		return
	}
	r.bind(s)
}
