package store

import (
	"errors"

	"dewpoint/internal/errs"
	"dewpoint/internal/query"
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
		r.compare(p)
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

// compare writes a comparison.
func (r *renderer) compare(c *query.Cmp) {
	op, ok := r.operators[c.Op]
	if !ok { // what follows would be a condition of its own, false for most texts
		r.err = errors.Join(r.err, errs.New(errs.Internal, "no_operator", "the operator %q has no SQL", c.Op))
		return
	}
	if !r.strict() || op.fit == nil {
		op.write(r, c)
		return
	}
	switch fit := op.fit(c).(type) {
	case *query.Cmp:
		r.operators[fit.Op].write(r, fit)
	default:
		r.pred(fit)
	}
}
