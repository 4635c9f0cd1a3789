package store

import (
	"strconv"
	"strings"

	"dewpoint/internal/query"
)

// Render turns a plan into one SQL statement. Its first column is the JSON text of a row, the second, where the plan asks for it, the version;
// how many rows there are; its rows come in the order of the plan. One that counts has a first row without a text where none is within the limit. What
// the statement needs besides plain SQL is said at SQLite and PostgreSQL. A client's values are always arguments; its names in the reply
// are string literals.
func (l SQL) Render(p *query.Plan) (sql string, args []any, err error) {
	r := l.renderer()
	r.render(p, func() { r.object(p.Columns) })
	return r.sql.String(), r.args, r.err
}

// renderCells is Render where the database may give the members of a row's JSON one by one; none when it gives the whole.
func (l SQL) renderCells(p *query.Plan) (sql string, args []any, members []member, err error) {
	r := l.renderer()
	r.render(p, func() { members = r.cells(r, p.Columns) })
	return r.sql.String(), r.args, members, r.err
}

func (l SQL) renderer() *renderer {
	r := &renderer{dialect: l.dialect, operators: l.operators, alias: map[*query.Source]string{}, fixed: map[any]int{}}
	r.sql.Grow(usualLength)
	return r
}

// render writes the statement of a plan; row writes what gives the JSON of a row.
func (r *renderer) render(p *query.Plan, row func()) {
	switch {
	case p.Count:
		r.counted(p, row)
	case p.Flat():
		r.flat(p, row)
	default:
		r.found(p, row)
	}
}

// usualLength is that of a statement for all columns of a wide table.
const usualLength = 8 << 10

// renderer writes one statement from left to right, so that arguments come in the order of their marks.
type renderer struct {
	dialect
	operators map[query.Op]operator
	sql       strings.Builder
	args      []any
	guards    int         // that are being written
	fixed     map[any]int // the arguments of guards, by their value
	err       error       // the first thing that can't be said in this SQL
	alias     map[*query.Source]string
	names     int
}

func (r *renderer) put(parts ...string) {
	for _, s := range parts {
		r.sql.WriteString(s)
	}
}

// bind writes the mark of an argument. The constants of the rights of a caller are the same for every table that a path may lead to: they are
// one argument each, since to set an argument takes the driver of SQLite longer the more there are.
func (r *renderer) bind(v any) {
	if n := r.fixed[v]; n > 0 && r.guards > 0 {
		r.put(r.repeated(n, v))
		return
	}
	r.args = append(r.args, v)
	if r.guards > 0 {
		r.fixed[v] = len(r.args)
	}
	r.put(r.param(len(r.args), v))
}

// name gives a source its alias.
func (r *renderer) name(s *query.Source) string {
	r.names++ // a value may be written twice, so a source may be named again
	a := "t" + strconv.Itoa(r.names)
	r.alias[s] = a
	return a
}

// flat renders a plan that needs nothing but the table itself to find its rows.
func (r *renderer) flat(p *query.Plan, row func()) {
	a := r.name(p.Show.Root)
	r.alias[p.Find.Root] = a
	r.nameAll(p.Show.Joins)
	r.put("SELECT ")
	row()
	r.versions(p)
	r.put(" FROM ", quoteName(p.Table.Name), " ", a)
	r.joins(p.Show)
	r.where(p.Find.Root, p.Where)
	r.put(" ORDER BY ", a, `."_key"`, direction(p.Order[0].Desc))
	r.limit(r, p.Limit, p.Offset)
}

// found renders a plan in two steps: a narrow select finds the keys, sorts and limits; the JSON is made for those rows alone.
func (r *renderer) found(p *query.Plan, row func()) {
	outer := r.name(p.Show.Root)
	r.nameAll(p.Show.Joins)
	r.put("SELECT ")
	row()
	r.versions(p)
	r.put(" FROM (")
	r.within(p)
	r.put(") q CROSS JOIN ", quoteName(p.Table.Name), " ", outer)
	r.joins(p.Show)
	r.put(" WHERE ", outer, `."_key" = q.k`)
	r.orderBy("q.", p.Order)
}

// within is the narrow select: the keys of the rows within the limit, and what they are sorted by.
func (r *renderer) within(p *query.Plan) {
	in := r.name(p.Find.Root)
	r.nameAll(p.Find.Joins)
	r.put("SELECT ", in, `."_key" AS k`)
	for i, o := range p.Order {
		if isKey(o.Value) {
			continue
		}
		r.put(", ")
		r.sortable(r, o.Value)
		r.put(" AS ", sorted(i, o))
	}
	r.put(" FROM ", quoteName(p.Table.Name), " ", in)
	r.joins(p.Find)
	r.where(p.Find.Root, p.Where)
	if p.Limit >= 0 || p.Offset > 0 {
		r.orderBy("", p.Order)
		r.limit(r, p.Limit, p.Offset)
	}
}

// versions writes the version of a row, where the plan asks for it.
func (r *renderer) versions(p *query.Plan) {
	for i, v := range p.Versions {
		r.put([]string{", concat(", ", '.', "}[min(i, 1)])
		r.cell(v)
	}
	if len(p.Versions) > 0 {
		r.put(")")
	}
}

// sorted is the column of what found is sorted by. PostgreSQL sorts again what it doesn't know to be sorted: it takes the key by another name for
// another value.
func sorted(i int, o query.Order) string {
	if isKey(o.Value) {
		return "k"
	}
	return "o" + strconv.Itoa(i)
}

// orderBy sorts by the columns that found gave to the things to sort by.
func (r *renderer) orderBy(from string, order []query.Order) {
	for i, o := range order {
		r.put([]string{" ORDER BY ", ", "}[min(i, 1)], from, sorted(i, o), direction(o.Desc))
		if !isKey(o.Value) {
			r.put(r.nulls(o.Desc))
		}
	}
}

// isKey reports whether a value is the key of the rows that are asked for, which is never null.
func isKey(n query.Node) bool {
	c, ok := n.(*query.Cell)
	return ok && c.Field == nil && !c.Row && c.Src.Parent == nil
}

func direction(desc bool) string {
	if desc {
		return " DESC"
	}
	return ""
}

// nameAll names joined sources before the columns that use them are written.
func (r *renderer) nameAll(joins []*query.Source) {
	for _, j := range joins {
		r.name(j)
	}
}

// joins writes the rows that a scope reaches; each is looked up by its key and may be absent.
func (r *renderer) joins(sc *query.Scope) {
	for _, j := range sc.Joins {
		via := `"_key"`
		if j.Via != nil {
			via = quoteName(j.Via.Name)
		}
		a := r.alias[j]
		r.put(" LEFT JOIN ", quoteName(j.Table.Name), " ", a, " ON ", a, `."_key" = `, r.alias[j.Parent], ".", via)
		r.live(j)
		r.guard(j, j.Guard)
	}
}

// where begins the conditions of a select over a table.
func (r *renderer) where(root *query.Source, p query.Pred) {
	r.put(" WHERE ")
	if root.Table.Tombstone {
		r.put(r.alias[root], `."_deleted" = 0 AND `)
	}
	r.pred(p)
}

// live leaves out rows that are deleted but still have something on the host.
func (r *renderer) live(s *query.Source) {
	if s.Table.Tombstone {
		r.put(" AND ", r.alias[s], `."_deleted" = 0`)
	}
}

// guard writes the predicate that a source's row must meet. Where it looks at other rows it becomes a select of its own, which looks the
// same row up once more.
func (r *renderer) guard(s *query.Source, g *query.Guard) {
	if g == nil {
		return
	}
	r.guards++
	defer func() { r.guards-- }()
	root := g.Scope.Root
	if len(g.Scope.Joins) == 0 {
		r.alias[root] = r.alias[s]
		r.put(" AND ")
		r.pred(g.Pred)
		return
	}
	in := r.name(root)
	r.nameAll(g.Scope.Joins)
	r.put(" AND EXISTS (SELECT 1 FROM ", quoteName(root.Table.Name), " ", in)
	r.joins(g.Scope)
	r.put(" WHERE ", in, `."_key" = `, r.alias[s], `."_key" AND `)
	r.pred(g.Pred)
	r.put(")")
}

// quoteName quotes the name of a table or column.
func quoteName(s string) string { return `"` + strings.ReplaceAll(s, `"`, `""`) + `"` }

// quoteText writes a string literal. It must not hold a NUL.
func quoteText(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }
