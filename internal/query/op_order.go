package query

import "dewpoint/internal/schema"

// The operators that compare values as what they are.
const (
	OpEq      Op = "eq"
	OpNe      Op = "ne"
	OpGt      Op = "gt"
	OpGe      Op = "ge"
	OpLt      Op = "lt"
	OpLe      Op = "le"
	OpIsNull  Op = "is null"
	OpNotNull Op = "not null"
)

var orderOperators = []Operator{
	{Op: OpEq, Doc: "equal", plan: planEqual(OpIsNull, Const(false)), Holds: ordered(func(c int) bool { return c == 0 })},
	{Op: OpNe, Doc: "not equal, or null", plan: planEqual(OpNotNull, Const(true)), Holds: not(ordered(func(c int) bool { return c == 0 }))},
	{Op: OpGt, Doc: "greater", plan: planOrder, Holds: ordered(func(c int) bool { return c > 0 })},
	{Op: OpGe, Doc: "greater or equal", plan: planOrder, Holds: ordered(func(c int) bool { return c >= 0 })},
	{Op: OpLt, Doc: "less", plan: planOrder, Holds: ordered(func(c int) bool { return c < 0 })},
	{Op: OpLe, Doc: "less or equal", plan: planOrder, Holds: ordered(func(c int) bool { return c <= 0 })},
	{Op: OpIsNull, Holds: isNull},
	{Op: OpNotNull, Holds: not(isNull)},
}

// planEqual makes eq or ne: of null, what asks for it; of a constant that the left side can never equal, what is decided by that.
func planEqual(null Op, never Const) func(*builder, Node, *Compare) (Pred, error) {
	return func(b *builder, n Node, c *Compare) (Pred, error) {
		lit := b.at(c.Right[0])
		if lit.isNull(n) {
			return &Cmp{Left: n, Op: null}, nil
		}
		v, ok := constant(n, lit)
		if !ok {
			return never, nil
		}
		return &Cmp{Left: n, Op: c.Op, Right: []schema.Value{v}}, nil
	}
}

// planOrder makes gt, ge, lt or le.
func planOrder(b *builder, n Node, c *Compare) (Pred, error) {
	lit := b.at(c.Right[0])
	if lit.isNull(n) {
		return nil, b.nullCompared()
	}
	v, ok := constant(n, lit)
	if !ok {
		return nil, b.invalid("bad_value", "%s is not a number, which %s holds", clip(lit.Text), clip(c.Left.Text))
	}
	return &Cmp{Left: n, Op: c.Op, Right: []schema.Value{v}}, nil
}

// ordered holds for values that stand in a certain order to the constant.
func ordered(is func(c int) bool) func(schema.Value, []schema.Value) bool {
	return func(left schema.Value, right []schema.Value) bool {
		return !left.IsNull() && is(left.Compare(right[0]))
	}
}

func isNull(left schema.Value, _ []schema.Value) bool { return left.IsNull() }

func not(holds func(schema.Value, []schema.Value) bool) func(schema.Value, []schema.Value) bool {
	return func(left schema.Value, right []schema.Value) bool { return !holds(left, right) }
}
