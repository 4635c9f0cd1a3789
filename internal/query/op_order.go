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
		if rows, err := b.rowsOf(n, lit); rows != nil || err != nil {
			return equalAny(n, c.Op, rows), err
		}
		v, ok := constant(n, lit)
		if !ok {
			return never, nil
		}
		return &Cmp{Left: n, Op: c.Op, Right: []schema.Value{v}}, nil
	}
}

// rowsOf are the values that a bare number stands for beside a polymorphic reference: the row of that number in each table that it may lead to. It
// is nil for all else.
func (b *builder) rowsOf(n Node, lit Literal) (rows []schema.Value, err error) {
	c, ok := n.(*Cell)
	if !ok || lit.Kind != LitNumber || c.Field == nil || !c.Field.IsRow() || c.Field.Ref != "" {
		return nil, nil
	}
	for _, t := range c.Field.Targets(b.schema) {
		if t.Key == schema.NumberKey {
			rows = append(rows, schema.TextValue(t.Name+"/"+lit.Text))
		}
	}
	if b.numbered += len(rows); b.numbered > maxRows {
		return nil, b.invalid("too_complex", "%s can lead to many tables; write the row as table/key", clip(c.Field.Name))
	}
	return rows, nil
}

// equalAny holds where n is one of the values, or none of them.
func equalAny(n Node, op Op, values []schema.Value) Pred {
	if op == OpEq {
		return oneOf(n, values)
	}
	var none []Pred
	for _, v := range values {
		none = append(none, &Cmp{Left: n, Op: OpNe, Right: []schema.Value{v}})
	}
	return joinPreds(false, none)
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
