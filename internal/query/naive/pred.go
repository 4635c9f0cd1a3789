package naive

import "dewpoint/internal/query"

// holds evaluates a predicate.
func (e evaluator) holds(p query.Pred, v env) bool {
	switch p := p.(type) {
	case query.Const:
		return bool(p)
	case *query.Joined:
		for _, a := range p.Args {
			if e.holds(a, v) == p.Or {
				return p.Or
			}
		}
		return !p.Or
	case *query.Sub:
		return e.among(p, v)
	}
	c := p.(*query.Cmp)
	return c.Holds(e.value(c.Left, v))
}

// among looks for the left side among the rows of a sub-select.
func (e evaluator) among(s *query.Sub, v env) bool {
	left := e.value(s.Left, v)
	for _, r := range e.src.Rows(s.Scope.Root.Table) {
		in := e.enter(nil, s.Scope, r)
		if x := e.value(s.Value, in); !left.IsNull() && !x.IsNull() && left.Compare(x) == 0 && e.holds(s.Where, in) {
			return true
		}
	}
	return false
}
