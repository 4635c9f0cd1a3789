package query

import (
	"slices"

	"dewpoint/internal/schema"
)

// OpIn holds for one of several values.
const OpIn Op = "in"

var listOperators = []Operator{
	{Op: OpIn, Doc: "one of a list", List: true, plan: planIn, Holds: func(left schema.Value, right []schema.Value) bool {
		return !left.IsNull() && slices.ContainsFunc(right, func(v schema.Value) bool { return left.Compare(v) == 0 })
	}},
}

// planIn makes in; members that can't occur are dropped.
func planIn(b *builder, n Node, c *Compare) (Pred, error) {
	var values []schema.Value
	for _, lit := range c.Right {
		lit = b.at(lit)
		if lit.Kind == LitNull {
			values = append(values, schema.Value{})
		} else if rows, err := b.rowsOf(n, lit); rows != nil || err != nil {
			if err != nil {
				return nil, err
			}
			values = append(values, rows...)
		} else if v, ok := constant(n, lit); ok {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return Const(false), nil
	}
	return oneOf(n, values), nil
}
