package query

import (
	"slices"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// fewTargets is up to how many tables a polymorphic column leads to without a look at which of them its rows name.
const fewTargets = 16

// branches crosses a polymorphic reference: one branch for each table that clients may address and where the rest of the path exists. Tables that
// no row leads to, and those of which the caller may see nothing, count for the shape of the value only: their branches would never give one.
func (b *builder) branches(end spot, done then) (Node, error) {
	p := &Poly{Ref: &Cell{Src: end.src, Field: end.field}}
	present := b.present(end)
	var all []Branch
	found := false
	for _, t := range end.field.Targets(b.schema) {
		br, shown, err := b.branch(end, t, present == nil || slices.Contains(present, t.Name), done)
		if e := errs.As(err); e != nil && e.Code == "too_complex" {
			return nil, err
		}
		if err != nil {
			continue // this table has no such column
		}
		if _, null := br.Value.(Null); null {
			found = true
			continue
		}
		all = append(all, br)
		if shown {
			p.Branches = append(p.Branches, br)
		}
	}
	switch {
	case len(all) == 0 && found:
		return Null{}, nil
	case len(all) == 0:
		return nil, b.invalid("unknown_field", "no table that %s leads to has this column", clip(end.name))
	}
	return p.settle(all), nil
}

// present is where the rows lead by the polymorphic column at end; nil when that was not asked, or is not worth it.
func (b *builder) present(end spot) []string {
	if b.opt.Present == nil || len(end.field.Targets(b.schema)) <= fewTargets {
		return nil
	}
	for _, p := range b.presumed {
		if p.Column == end.field {
			return p.Among
		}
	}
	among := append([]string{}, b.opt.Present(end.table(), end.field)...)
	b.presumed = append(b.presumed, Presumed{end.table(), end.field, among})
	return among
}

// branch is what lies behind a reference to a row of t, and whether it can give a value: one that can't is as cheap as it may be.
func (b *builder) branch(end spot, t *schema.Table, shown bool, done then) (br Branch, _ bool, err error) {
	sc := newScope(t)
	if shown && b.sketches == 0 {
		if sc.Root.Guard, err = b.guard(t, end.inside); err != nil {
			return br, false, err
		}
		shown = sc.Root.Guard == nil || sc.Root.Guard.Pred != Const(false)
	}
	if shown {
		err = b.spend()
	} else {
		b.sketches++
		defer func() { b.sketches-- }()
		if b.sketched++; b.sketched > maxSketches {
			err = b.invalid("too_complex", "the request reaches too many tables")
		}
	}
	if err != nil {
		return br, false, err
	}
	v, err := strictly(b, func() (Node, error) { return done(spot{scope: sc, src: sc.Root, inside: end.inside}) })
	return Branch{sc, v}, shown, err
}

// settle gives a polymorphic value one shape: that of all branches when they agree, else text. It keeps one branch at least.
func (p *Poly) settle(all []Branch) Node {
	if len(p.Branches) == 0 {
		p.Branches = all[:1:1]
	}
	p.shape, p.storage = all[0].Value.Shape(), all[0].Value.Storage()
	differ := func(br Branch) bool { return br.Value.Shape() != p.shape || br.Value.Storage() != p.storage }
	if !slices.ContainsFunc(all, differ) {
		return p
	}
	p.shape, p.storage = schema.AsString, schema.Chars
	p.Branches = slices.DeleteFunc(p.Branches, func(br Branch) bool { return br.Value.Storage() == schema.NoColumn })
	for i, br := range p.Branches {
		p.Branches[i].Value = &Text{br.Value}
	}
	if len(p.Branches) == 0 {
		return Null{}
	}
	return p
}
