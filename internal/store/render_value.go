package store

import (
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// value writes a value as the database compares it.
func (r *renderer) value(n query.Node) {
	switch n := n.(type) {
	case *query.Cell:
		r.cell(n)
	case *query.Written:
		r.put("CASE ")
		r.cell(n.Long)
		r.put(" WHEN 1 THEN '/v4/' || ")
		r.cell(n.Ref)
		r.put(" ELSE ")
		r.cell(n.Ref)
		r.put(" END")
	case *query.Else:
		r.orElse(n)
	case *query.Func:
		r.call(r, n)
	case *query.Label:
		r.label(n)
	case *query.Text:
		r.cast(r, n.Arg)
	case *query.Poly:
		r.branches(n, r.value)
	case *query.Test:
		r.put("CASE WHEN ")
		r.pred(n.Pred)
		r.put(" THEN 1 ELSE 0 END")
	case *query.Many:
		r.aggregate(n)
	case query.Empty:
		r.put("0")
	default:
		r.put(r.null())
	}
}

// orElse writes a column with a constant for null; of a row that is absent it stays null.
func (r *renderer) orElse(e *query.Else) {
	if e.Of.Src.Parent != nil {
		r.put("CASE WHEN ", r.alias[e.Of.Src], `."_key" IS NOT NULL THEN `)
		defer r.put(" END")
	}
	r.put("coalesce(")
	r.cell(e.Of)
	r.put(", ", literal(e.Value), ")")
}

func (r *renderer) cell(c *query.Cell) {
	col := `"_key"`
	switch {
	case c.Field != nil:
		col = quoteName(c.Field.Name)
	case c.Row:
		col = `"_row"`
	}
	r.put(r.alias[c.Src], ".", col)
}

// label writes the display text of an enum value; one that the declaration doesn't have shows as itself.
func (r *renderer) label(l *query.Label) {
	r.once(l.Arg, func(v func()) {
		r.put("CASE ")
		v()
		for _, e := range l.Enum {
			r.put(" WHEN ", quoteText(e.Value), " THEN ", quoteText(e.Label))
		}
		r.put(" ELSE ")
		v()
		r.put(" END")
	})
}

// once writes an expression that needs a value more than once: a column is repeated, anything longer gets a name.
func (r *renderer) once(n query.Node, write func(v func())) {
	if c, ok := n.(*query.Cell); ok {
		write(func() { r.cell(c) })
		return
	}
	r.put("(SELECT ")
	write(func() { r.put("v") })
	r.put(" FROM (SELECT ")
	r.value(n)
	r.put(" AS v)", r.derived(), ")")
}

// branches writes the value behind a reference. Of one that is written as "table/key" the table picks the branch, which looks its row up
// by key.
func (r *renderer) branches(p *query.Poly, write func(query.Node)) {
	if p.Ref.Field.Ref != "" {
		r.referred(p, write)
		return
	}
	r.put("CASE ")
	r.refTable(r, p.Ref)
	for _, br := range p.Branches {
		root := br.Scope.Root
		a := r.name(root)
		r.nameAll(br.Scope.Joins)
		r.put(" WHEN ", quoteText(root.Table.Name), " THEN (SELECT ")
		write(br.Value)
		r.put(" FROM ", quoteName(root.Table.Name), " ", a)
		r.joins(br.Scope)
		r.put(" WHERE ", a, `."_key" = `)
		r.refKey(r, p.Ref, root.Table.Key == schema.NumberKey)
		r.live(root)
		r.guard(root, root.Guard)
		r.put(")")
	}
	r.put(" END")
}

// aggregates are the SQL functions, each with what stands behind it; without rows sum is 0.
var aggregates = map[query.Aggregate][2]string{
	query.AggCount: {"count(", ")"}, query.AggSum: {"coalesce(sum(", "), 0)"}, query.AggAvg: {"avg(", ")"},
	query.AggMin: {"min(", ")"}, query.AggMax: {"max(", ")"},
}

// aggregate writes one value made of many rows.
func (r *renderer) aggregate(m *query.Many) {
	if around, ok := r.aggregates(m); ok {
		r.around(m, around)
		return
	}
	key := r.many(m)
	r.put("(SELECT ")
	r.value(m.Value)
	r.from(m)
	r.put(" ORDER BY ", key, " LIMIT 1)")
}

// around writes an aggregate as what stands before and behind the value of each row.
func (r *renderer) around(m *query.Many, around [2]string) {
	r.many(m)
	r.put("(SELECT ", around[0])
	if m.Value == nil {
		r.put("*")
	} else {
		r.sortable(r, m.Value)
	}
	r.put(around[1])
	r.from(m)
	r.put(")")
}

// many names the sources of a list of rows and returns the column that they are ordered by.
func (r *renderer) many(m *query.Many) string {
	a := r.name(m.Scope.Root)
	r.nameAll(m.Scope.Joins)
	return a + `."_key"`
}

// from writes the rows of a list.
func (r *renderer) from(m *query.Many) {
	root := m.Scope.Root
	a := r.alias[root]
	r.put(" FROM ", quoteName(root.Table.Name), " ", a)
	r.joins(m.Scope)
	r.put(" WHERE ", a, ".")
	if m.Through != nil {
		r.through(m)
	} else {
		r.put(quoteName(m.Back.Name), " = ", r.alias[m.Parent], `."_key"`)
	}
	r.live(root)
	r.guard(root, m.Guard)
	if m.Keep != nil {
		r.put(" AND ")
		r.pred(m.Keep)
	}
}

// through writes the test whether a row's key is among those that the rows between it and the parent lead to.
func (r *renderer) through(m *query.Many) {
	from, key := m.Through.From, r.alias[m.Parent]+`."_key"`
	if from.Ref == "" {
		key = "concat(" + quoteText(m.Parent.Table.Name+"/") + ", " + key + ")"
	}
	between := &query.Source{Table: m.Through.Table}
	l := r.name(between)
	r.put(`"_key" IN (SELECT `, l, ".", quoteName(m.Through.To.Name), " FROM ", quoteName(between.Table.Name), " ", l)
	r.put(" WHERE ", l, ".", quoteName(from.Name), " = ", key)
	r.live(between)
	r.put(")")
}

// behindSlash writes the key in a reference of the form table/key. Find is the function that finds a text in another; before and after turn the key
// into a number, where it is one.
func (r *renderer) behindSlash(ref *query.Cell, find string, number bool, before, after string) {
	if !number {
		before, after = "", ""
	}
	r.put(before, "substr(")
	r.cell(ref)
	r.put(", ", find, "(")
	r.cell(ref)
	r.put(", '/') + 1)", after)
}
