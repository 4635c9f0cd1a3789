package query

import (
	"dewpoint/internal/schema"
)

// spot is a place in a plan: a row, and where a path has ended the column of it. Without a field, name is one of $key, $row, $display.
type spot struct {
	scope *Scope
	src   *Source
	field *schema.Field
	name  string
	// inside marks a declared path: hidden columns may be used and rows are crossed without their guard.
	inside bool
	// aliases are what conditions and sort may call by the names that a fields list gives; nil where none is.
	aliases map[string]*Item
}

func (s spot) table() *schema.Table { return s.src.Table }

// key is the row's own key as a cell.
func (s spot) key() *Cell { return &Cell{Src: s.src} }

// then makes a node of the place where a path, or a step of it, has ended. A step through a polymorphic column ends in several places,
// so it is called once per branch.
type then func(spot) (Node, error)

// lookup finds a column by name and follows its declared path to where it is stored.
func (b *builder) lookup(at spot, name string, done then) (Node, error) {
	if name == "$key" || name == "$row" || name == "$display" {
		return done(spot{scope: at.scope, src: at.src, name: name, inside: at.inside})
	}
	f := at.table().Field(name)
	if f == nil || f.IsHidden && !at.inside && !b.opt.Hidden {
		return nil, b.invalid("unknown_field", "%s has no column %s", at.table().Name, clip(name))
	}
	if f.IsBlank && b.param == "fields" && !at.inside && !b.opt.Hidden {
		return Null{}, nil
	}
	if f.Path == "" || f.Bond == schema.Twin || f.IsSecret {
		return done(spot{scope: at.scope, src: at.src, field: f, name: name, inside: at.inside})
	}
	inner := at
	inner.inside = true
	return b.walk(inner, split(f.Path), func(end spot, rest []string) (Node, error) {
		if len(rest) > 0 {
			return nil, b.invalid("unknown_field", "%s.%s goes through a list", at.table().Name, name)
		}
		end.inside = at.inside
		return done(end)
	})
}

// walk follows a path to its last column, or to the first one that is a list of rows; rest is what the path has behind that.
func (b *builder) walk(at spot, path []string, done func(end spot, rest []string) (Node, error)) (Node, error) {
	return b.lookup(at, path[0], func(end spot) (Node, error) {
		if len(path) == 1 || end.field != nil && end.field.IsRows() {
			return done(end, path[1:])
		}
		return b.step(end, func(next spot) (Node, error) { return b.walk(next, path[1:], done) })
	})
}

// step crosses the reference at end.
func (b *builder) step(end spot, done then) (Node, error) {
	f := end.field
	if f == nil || !f.IsRow() {
		return nil, b.invalid("not_a_row", "%s in %s does not lead to a row", clip(end.name), end.table().Name)
	}
	if f.Ref == "" {
		return b.branches(end, done)
	}
	to := b.schema.Table(f.Ref)
	if to == nil {
		b.lacks(f.Ref)
		return Null{}, nil
	}
	src, err := b.join(end, to)
	if err != nil {
		return nil, err
	}
	return done(spot{scope: end.scope, src: src, inside: end.inside})
}

// join returns the source that the reference at end leads to; a reference crossed twice is joined once.
func (b *builder) join(end spot, to *schema.Table) (*Source, error) {
	via := end.field
	if via.Bond == schema.Twin {
		via = nil
	}
	guard, err := b.guard(to, end.inside)
	if err != nil {
		return nil, err
	}
	for _, j := range end.scope.Joins {
		if j.Parent == end.src && j.Via == via && j.Table == to && (j.Guard == nil) == (guard == nil) {
			return j, nil
		}
	}
	if len(end.scope.Joins) == MaxJoins {
		return nil, b.invalid("too_complex", "the request reaches more than %d other rows", MaxJoins)
	}
	j := &Source{Table: to, Parent: end.src, Via: via, Guard: guard}
	end.scope.Joins = append(end.scope.Joins, j)
	return j, nil
}

// guard builds the predicate of a table's rows; nil when all may be seen.
func (b *builder) guard(t *schema.Table, inside bool) (*Guard, error) {
	if b.opt.Guard == nil || inside || b.sketches > 0 {
		return nil, nil
	}
	if g, made := b.guards[t]; made {
		return g, nil
	}
	e := b.opt.Guard(t)
	if e.IsTrue() {
		return nil, nil
	}
	g := &Guard{Scope: newScope(t)}
	var err error
	g.Pred, err = b.predicate(spot{scope: g.Scope, src: g.Scope.Root}, e)
	b.guards[t] = g
	return g, err
}

// value is the column at end as it is stored.
func (b *builder) value(end spot) (Node, error) {
	f := end.field
	switch {
	case end.name == "$display" && f == nil:
		return b.display(end)
	case end.name == "$row" && f == nil:
		return &Cell{Src: end.src, Row: end.table().Key != schema.NumberKey}, nil
	case f == nil:
		return end.key(), nil
	case f.IsSecret && !end.inside && b.param != "fields":
		return nil, b.invalid("secret_field", "%s is secret", f.Name)
	case f.IsSecret && !end.inside:
		return Null{}, nil
	case f.Bond == schema.Twin:
		return end.key(), nil
	case f.IsRows():
		return b.rows(end, AggList, &Operand{}, func(child spot) (Node, error) { return child.key(), nil })
	}
	c := &Cell{Src: end.src, Field: f}
	if !f.ElseValue.IsNull() && !end.inside {
		return &Else{c, f.ElseValue}, nil
	}
	return c, nil
}

// display is the row's display name: its display column, else its key, as text.
func (b *builder) display(at spot) (Node, error) {
	f := at.table().DisplayField()
	if f == nil {
		return asText(at.key()), nil
	}
	at.inside = true
	n, err := b.lookup(at, f.Name, b.value)
	if err != nil {
		return nil, err
	}
	return asText(n), nil
}

func asText(n Node) Node {
	if n.Shape() == schema.AsString {
		return n
	}
	return &Text{n}
}
