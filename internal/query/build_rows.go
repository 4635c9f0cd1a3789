package query

import (
	"slices"

	"dewpoint/internal/schema"
)

// rows is a sub-select over the list of rows at end, of which o names the condition; each makes the node of one of them, and may be nil to
// count rows. The list of a table that isn't declared is empty.
func (b *builder) rows(end spot, agg Aggregate, o *Operand, each then) (Node, error) {
	t := b.schema.Table(end.field.Ref)
	if t == nil {
		b.lacks(end.field.Ref)
		if agg == AggList || agg == AggCount || agg == AggSum {
			return Empty{agg}, nil
		}
		return Null{}, nil
	}
	if err := b.spend(); err != nil {
		return nil, err
	}
	guard, err := b.guard(t, end.inside)
	if err != nil {
		return nil, err
	}
	m := &Many{Parent: end.src, Scope: newScope(t), Guard: guard, Agg: agg}
	if l := end.field.Link; l != nil {
		via := b.schema.Table(l.Table)
		m.Through = &Between{via, via.Stored(l.From), via.Stored(l.To)}
	} else {
		m.Back = t.Stored(end.field.Back)
	}
	child := spot{scope: m.Scope, src: m.Scope.Root, inside: end.inside}
	if m.Keep, err = b.keep(child, o); err != nil {
		return nil, err
	}
	if each != nil {
		m.Value, err = each(child)
	}
	return m, err
}

// keep resolves the condition behind a list, which may use the aliases of its entries; nil when there is none.
func (b *builder) keep(child spot, o *Operand) (Pred, error) {
	if o.Keep == nil {
		return nil, nil
	}
	child.aliases = aliasesOf(o.List)
	return b.cond(child, o.Keep)
}

// nested writes out the row, or the rows, that the place leads to.
func (b *builder) nested(end spot, o *Operand) (Node, error) {
	if end.field == nil || !end.field.IsRows() {
		if err := b.single(end, o); err != nil {
			return nil, err
		}
		return b.step(end, func(next spot) (Node, error) { return b.object(next, o.List) })
	}
	if b.totals(end, o.List) {
		return b.total(end, o)
	}
	return b.rows(end, AggList, o, func(child spot) (Node, error) { return b.object(child, o.List) })
}

// single refuses a condition behind what is no list.
func (b *builder) single(end spot, o *Operand) error {
	if o.Keep == nil {
		return nil
	}
	return b.invalid("not_a_list", "%s is one row; only lists can be filtered with ?", clip(end.name))
}

// totals reports whether a list asks for aggregates of the rows and nothing else. An aggregate of a list that each row has is one value of each.
func (b *builder) totals(end spot, items []Item) bool {
	t := b.schema.Table(end.field.Ref)
	return t != nil && !slices.ContainsFunc(items, func(it Item) bool { return !b.overRows(t, &it) })
}

// overRows reports whether an entry is an aggregate of a column of t's rows.
func (b *builder) overRows(t *schema.Table, it *Item) bool {
	if aggregates[it.Func] == AggList || it.Test != nil || len(it.Path) > 0 || it.Arg.Func != "" || it.Arg.List != nil {
		return false
	}
	b.sketches++
	defer func() { b.sketches-- }()
	listed := false
	scratch := spot{scope: newScope(t)}
	scratch.src = scratch.scope.Root
	_, err := b.walk(scratch, it.Arg.Path, func(end spot, _ []string) (Node, error) {
		listed = listed || end.field != nil && end.field.IsRows()
		return Null{}, nil
	})
	return err == nil && !listed
}

// total makes one object of the aggregates of a list. Each is called by its alias, else as its column.
func (b *builder) total(end spot, o *Operand) (Node, error) {
	out := &Object{Src: end.src}
	for i := range o.List {
		it := &o.List[i]
		name := it.Alias
		if name == "" {
			name = it.Arg.Text
		}
		if slices.ContainsFunc(out.Columns, func(c Column) bool { return c.Name == name }) {
			return nil, b.invalid("name_twice", "two members of %s are called %s; rename one with as", clip(end.name), clip(name))
		}
		n, err := b.summed(end, aggregates[it.Func], it.Func, &Operand{Keep: o.Keep}, func(child spot) (Node, error) { return b.scalar(child, it.Arg) })
		if err != nil {
			return nil, err
		}
		out.Columns = append(out.Columns, Column{name, n})
	}
	return out, nil
}

// summed is an aggregate of the rows at end; sums and averages need numbers.
func (b *builder) summed(end spot, agg Aggregate, name string, o *Operand, each then) (Node, error) {
	n, err := b.rows(end, agg, o, each)
	if err != nil {
		return nil, err
	}
	if m, ok := n.(*Many); ok && (agg == AggSum || agg == AggAvg) && m.Value.Storage() == schema.Chars {
		return nil, b.invalid("bad_function", "%s needs a column of numbers", name)
	}
	return n, nil
}
