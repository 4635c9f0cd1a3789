package query

import (
	"slices"
	"strings"

	"dewpoint/internal/schema"
)

// list resolves the entries of a fields list for the row at a place. A name that comes twice keeps its first place and its last meaning,
// but a view never takes the place of what was asked for by name: clients send "machine#$key as id, dashboard".
func (b *builder) list(at spot, items []Item) ([]Column, error) {
	var all []Column
	place := map[string]int{}
	for i := range items {
		cols, err := b.item(at, &items[i])
		if err != nil {
			return nil, err
		}
		if b.members += len(cols); b.members > maxMembers {
			return nil, b.invalid("too_complex", "the reply has more than %d members", maxMembers)
		}
		if len(items) == 1 {
			return cols, nil // one entry gives no name twice
		}
		for _, c := range cols {
			if j, twice := place[c.Name]; twice {
				if !b.isView(at.table(), &items[i]) {
					all[j] = c
				}
				continue
			}
			place[c.Name] = len(all)
			all = append(all, c)
		}
	}
	return all, nil
}

// item resolves one entry: a view and flatten give several columns, a name that nobody knows none, all else gives one.
func (b *builder) item(at spot, it *Item) ([]Column, error) {
	if it.Test == nil && it.Func == "flatten" {
		return b.flatten(at, it)
	}
	if b.leftOut(at, it) {
		return nil, nil
	}
	if b.isView(at.table(), it) {
		return b.view(at, it.Path[0])
	}
	name := it.Alias
	if name == "" {
		name = it.Text
	}
	if it.Test == nil {
		n, err := b.output(at, &it.Operand)
		return []Column{{name, b.asNamed(at, it, n)}}, err
	}
	c, err := b.compare(at, it.Test)
	return []Column{{name, &Test{c}}}, err
}

// asNamed is a column as it is shown where a client names it.
func (b *builder) asNamed(at spot, it *Item, n Node) Node {
	if len(it.Path) != 1 || it.Func != "" || it.List != nil || b.views > 0 || b.opt.Hidden {
		return n
	}
	if f := at.table().Field(it.Path[0]); f != nil && f.IsNamedText {
		return asText(n)
	}
	return n
}

// leftOut reports whether an entry is a plain name that the table doesn't have, and notes it. Clients list columns of other versions, and a
// request that is refused whole looks like an empty table to them.
func (b *builder) leftOut(at spot, it *Item) bool {
	if b.literal > 0 || it.Test != nil || it.Func != "" || it.List != nil || len(it.Path) != 1 || strings.HasPrefix(it.Path[0], "$") {
		return false
	}
	name := it.Path[0]
	if f := at.table().Field(name); f != nil && (!f.IsHidden || at.inside) || b.isView(at.table(), &Item{Operand: it.Operand}) {
		return false
	}
	if full := at.table().Name + "." + name; !slices.Contains(b.unknown, full) {
		b.unknown = append(b.unknown, full)
	}
	return true
}

// strictly resolves what is held to the letter.
func strictly[T any](b *builder, resolve func() (T, error)) (T, error) {
	b.literal++
	defer func() { b.literal-- }()
	return resolve()
}

// isView reports whether an entry is a view of t: a built-in one, or one that t declares. A column of that name goes first.
func (b *builder) isView(t *schema.Table, it *Item) bool {
	if it.Test != nil || it.Func != "" || it.List != nil || len(it.Path) != 1 || it.Alias != "" {
		return false
	}
	name := it.Path[0]
	return t.Field(name) == nil && (t.Views[name] != "" || slices.Contains([]string{"all", "most", "summary", "dashboard"}, name))
}

// view resolves a view. A table without a "dashboard" of its own shows "most" there.
func (b *builder) view(at spot, name string) ([]Column, error) {
	if text := at.table().Views[name]; text != "" {
		return b.named(at, name, text)
	}
	cols := []Column{{"$key", at.key()}}
	for _, f := range at.table().Fields {
		if f.IsHidden || f.IsSecret || name == "summary" && !f.IsSummary || name != "summary" && name != "all" && (f.IsArgument || f.IsRows()) {
			continue
		}
		n, err := b.lookup(at, f.Name, b.value)
		if err != nil {
			return nil, err
		}
		cols = append(cols, Column{f.Name, n})
	}
	return cols, nil
}

// named resolves a view that is declared as a fields list; its own table's declaration may use hidden columns no more than a client.
func (b *builder) named(at spot, name, text string) ([]Column, error) {
	if b.views++; b.views > MaxBrackets {
		return nil, b.invalid("too_complex", "the view %s of %s contains itself", name, at.table().Name)
	}
	defer func() { b.views-- }()
	ast, err := Parse(Request{Fields: text})
	if err != nil {
		return nil, err
	}
	return strictly(b, func() ([]Column, error) { return b.list(at, ast.Fields) })
}

// output resolves an operand as a value of the reply.
func (b *builder) output(at spot, o *Operand) (Node, error) {
	if o.Func != "" {
		return strictly(b, func() (Node, error) { return b.call(at, o) })
	}
	return b.walk(at, o.Path, func(end spot, rest []string) (Node, error) {
		if len(rest) > 0 {
			return nil, b.invalid("list_in_path", "%s is a list of rows; use it with brackets or a function", clip(end.name))
		}
		if o.List == nil {
			return b.value(end)
		}
		return b.nested(end, o)
	})
}

func (b *builder) object(at spot, items []Item) (Node, error) {
	cols, err := b.list(at, items)
	return &Object{at.src, cols}, err
}

// flatten puts the columns of another row among those of this one.
func (b *builder) flatten(at spot, it *Item) ([]Column, error) {
	if it.Arg.List == nil || it.Arg.Func != "" {
		return nil, b.invalid("bad_function", "flatten needs a row with brackets")
	}
	var cols []Column
	path := slices.Concat(it.Path, it.Arg.Path)
	_, err := b.walk(at, path, func(end spot, rest []string) (Node, error) {
		if end.field == nil || !end.field.IsRow() || end.field.Ref == "" || end.scope != at.scope {
			return nil, b.invalid("bad_function", "flatten needs a column that leads to one row of one table")
		}
		if err := b.single(end, it.Arg); err != nil {
			return nil, err
		}
		return b.step(end, func(next spot) (n Node, err error) {
			cols, err = strictly(b, func() ([]Column, error) { return b.list(next, it.Arg.List) })
			return Null{}, err
		})
	})
	if err == nil && cols == nil {
		cols = nulls(it.Arg.List)
	}
	return cols, err
}

// nulls stands for entries about a row of a table that isn't declared.
func nulls(items []Item) []Column {
	var cols []Column
	for _, it := range items {
		name := it.Alias
		if name == "" {
			name = it.Text
		}
		cols = append(cols, Column{name, Null{}})
	}
	return cols
}
