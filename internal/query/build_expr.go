package query

import "dewpoint/internal/schema"

// predicate resolves what code asks for.
func (b *builder) predicate(at spot, e Expr) (Pred, error) {
	at.inside = true
	switch e.kind {
	case exprTrue, exprFalse:
		return Const(e.kind == exprTrue), nil
	case exprIn:
		n, err := b.column(at, e.field)
		if err != nil {
			return nil, err
		}
		return oneOf(n, e.values), nil
	case exprAmong:
		return b.among(at, e)
	case exprLeads:
		return b.leads(at, e)
	case exprRefers:
		return b.refers(at, e)
	}
	args := make([]Pred, 0, len(e.args))
	for _, a := range e.args {
		p, err := b.predicate(at, a)
		if err != nil {
			return nil, err
		}
		args = append(args, p)
	}
	return joinPreds(e.kind == exprOr, args), nil
}

// column resolves the field of an expression.
func (b *builder) column(at spot, field string) (Node, error) {
	return b.walk(at, split(field), func(end spot, rest []string) (Node, error) {
		if len(rest) > 0 {
			return nil, b.invalid("list_in_path", "%s is a list of rows", end.name)
		}
		return b.value(end)
	})
}

// among resolves Among to a sub-select that doesn't depend on the row, so that the database runs it once.
func (b *builder) among(at spot, e Expr) (Pred, error) {
	t := b.schema.Table(e.table)
	if t == nil {
		b.lacks(e.table)
		return Const(false), nil
	}
	left, err := b.column(at, e.field)
	if err != nil {
		return nil, err
	}
	sub := &Sub{Left: left, Scope: newScope(t)}
	in := spot{scope: sub.Scope, src: sub.Scope.Root, inside: true}
	if sub.Value, err = b.column(in, e.column); err != nil {
		return nil, err
	}
	sub.Where, err = b.predicate(in, e.args[0])
	if sub.Where == Const(false) {
		return Const(false), err
	}
	return sub, err
}

// leads resolves Leads to a look at the other row by its key, which the database takes only where the conditions before it don't decide.
func (b *builder) leads(at spot, e Expr) (Pred, error) {
	f := at.table().Field(e.field)
	if f == nil || !f.IsRow() || !f.Stored() {
		return nil, b.invalid("not_a_row", "%s in %s does not lead to a row", e.field, at.table().Name)
	}
	p := &Poly{Ref: &Cell{Src: at.src, Field: f}}
	for _, t := range f.Targets(b.schema) {
		sc := newScope(t)
		where, err := b.predicate(spot{scope: sc, src: sc.Root}, e.rule(t))
		if err != nil {
			return nil, err
		}
		if where != Const(false) {
			p.Branches = append(p.Branches, Branch{sc, &Test{where}})
		}
	}
	if len(p.Branches) == 0 {
		return Const(false), nil
	}
	return &Cmp{Left: p.settle(p.Branches), Op: OpEq, Right: []schema.Value{schema.BoolValue(true)}}, nil
}

// refers resolves Refers.
func (b *builder) refers(at spot, e Expr) (Pred, error) {
	n, err := b.column(at, e.field)
	if err != nil || n.Storage() != schema.Chars {
		return &Cmp{Left: n, Op: OpNotNull}, err
	}
	return joinPreds(false, []Pred{
		&Cmp{Left: n, Op: OpGt, Right: []schema.Value{schema.TextValue("")}, Fixed: true},
		&Cmp{Left: n, Op: OpLt, Right: []schema.Value{schema.TextValue("~")}, Fixed: true},
	}), nil
}
