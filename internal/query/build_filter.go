package query

import "dewpoint/internal/schema"

// cond resolves a filter.
func (b *builder) cond(at spot, c Cond) (Pred, error) {
	l, ok := c.(*Logic)
	if !ok {
		return b.compare(at, c.(*Compare))
	}
	args := make([]Pred, 0, len(l.Args))
	for _, a := range l.Args {
		p, err := b.cond(at, a)
		if err != nil {
			return nil, err
		}
		args = append(args, p)
	}
	return joinPreds(l.Or, args), nil
}

// joinPreds joins predicates and drops what doesn't matter.
func joinPreds(or bool, args []Pred) Pred {
	var kept []Pred
	for _, p := range args {
		if c, ok := p.(Const); ok {
			if bool(c) == or {
				return c
			}
			continue
		}
		kept = append(kept, p)
	}
	switch len(kept) {
	case 0:
		return Const(!or)
	case 1:
		return kept[0]
	}
	return &Joined{or, kept}
}

// compare resolves a comparison.
func (b *builder) compare(at spot, c *Compare) (Pred, error) {
	n, err := b.scalar(at, &c.Left)
	if err != nil {
		return nil, err
	}
	return b.cmp(n, c)
}

// scalar resolves what a row is filtered, sorted or aggregated by. An alias stands for what it names.
func (b *builder) scalar(at spot, o *Operand) (Node, error) {
	if o.Func != "" || len(o.Path) != 1 || at.aliases[o.Path[0]] == nil {
		return b.resolve(at, o)
	}
	it := at.aliases[o.Path[0]]
	n, err := b.resolve(at, &it.Operand)
	if err != nil || it.Test == nil {
		return n, err
	}
	p, err := b.cmp(n, it.Test)
	return &Test{p}, err
}

// resolve resolves an operand that must be a single value.
func (b *builder) resolve(at spot, o *Operand) (Node, error) {
	n, err := b.output(at, o)
	if err != nil {
		return nil, err
	}
	if n.Storage() == schema.NoColumn {
		return nil, b.invalid("not_a_value", "%s is not a single value", clip(o.Text))
	}
	return n, nil
}

// keyIs is the condition of a request for one row. A text that can't be a key finds nothing.
func (b *builder) keyIs(at spot, key string) Pred {
	v, ok := at.table().ReadKey(key)
	if !ok {
		return Const(false)
	}
	return &Cmp{Left: at.key(), Op: OpEq, Right: []schema.Value{v}}
}

// oneOf holds where n has one of the values, null among them.
func oneOf(n Node, values []schema.Value) Pred {
	var kept []schema.Value
	var parts []Pred
	for _, v := range values {
		if v.IsNull() {
			parts = []Pred{&Cmp{Left: n, Op: OpIsNull}}
			continue
		}
		kept = append(kept, v)
	}
	switch len(kept) {
	case 0:
	case 1:
		parts = append(parts, &Cmp{Left: n, Op: OpEq, Right: kept})
	default:
		parts = append(parts, &Cmp{Left: n, Op: OpIn, Right: kept})
	}
	return joinPreds(true, parts)
}
