package naive

import (
	"fmt"
	"regexp"
	"strings"

	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

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
	left := e.value(c.Left, v)
	switch c.Op {
	case query.OpIsNull:
		return left.IsNull()
	case query.OpNotNull:
		return !left.IsNull()
	case query.OpNe:
		return left.IsNull() || order(left, c.Right[0]) != 0
	}
	if left.IsNull() {
		return false
	}
	for _, right := range c.Right {
		if test(c.Op, left, right) {
			return true
		}
	}
	return false
}

// among looks for the left side among the rows of a sub-select.
func (e evaluator) among(s *query.Sub, v env) bool {
	left := e.value(s.Left, v)
	for _, r := range e.src.Rows(s.Scope.Root.Table) {
		in := e.enter(nil, s.Scope, r)
		if x := e.value(s.Value, in); !left.IsNull() && !x.IsNull() && order(left, x) == 0 && e.holds(s.Where, in) {
			return true
		}
	}
	return false
}

// test compares two values that aren't null.
func test(op query.Op, left, right schema.Value) bool {
	l, r := left.Text(), right.Text()
	switch op {
	case query.OpEq, query.OpIn:
		return order(left, right) == 0
	case query.OpGt:
		return order(left, right) > 0
	case query.OpGe:
		return order(left, right) >= 0
	case query.OpLt:
		return order(left, right) < 0
	case query.OpLe:
		return order(left, right) <= 0
	case query.OpBegins:
		return strings.HasPrefix(l, r)
	case query.OpEnds:
		return strings.HasSuffix(l, r)
	case query.OpHas:
		return strings.Contains(l, r)
	case query.OpHasFold:
		return strings.Contains(mapASCII(l, 'A', 'Z', 'a'-'A'), r)
	case query.OpRegexp:
		return regexp.MustCompile(r).MatchString(l)
	}
	panic(fmt.Sprintf("naive: the operator %d has no meaning", op))
}
