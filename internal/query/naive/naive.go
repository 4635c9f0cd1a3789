// Package naive evaluates plans over rows in memory, as plainly as can be. It is the yardstick that a store's SQL is held against in
// tests; nothing else uses it.
package naive

import (
	"maps"
	"slices"

	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// Source gives the rows of a table that aren't deleted.
type Source interface {
	Rows(t *schema.Table) []*schema.Record
}

// env is which row stands for each source of a plan; nil for an absent one.
type env map[*query.Source]*schema.Record

// evaluator evaluates over one set of rows.
type evaluator struct{ src Source }

// Eval returns the JSON text of each row of the reply.
func Eval(p *query.Plan, src Source) []string {
	e := evaluator{src}
	var found []env
	for _, r := range src.Rows(p.Table) {
		v := e.enter(nil, p.Find, r)
		if e.holds(p.Where, v) {
			found = append(found, v)
		}
	}
	slices.SortStableFunc(found, func(a, b env) int {
		for _, o := range p.Order {
			if c := e.value(o.Value, a).Compare(e.value(o.Value, b)); c != 0 && o.Desc {
				return -c
			} else if c != 0 {
				return c
			}
		}
		return 0
	})
	found = found[min(int(p.Offset), len(found)):]
	if p.Limit >= 0 {
		found = found[:min(int(p.Limit), len(found))]
	}
	var out []string
	for _, v := range found {
		out = append(out, e.object(p.Columns, e.enter(v, p.Show, v[p.Find.Root])))
	}
	return out
}

// enter adds a scope that begins with row r.
func (e evaluator) enter(outer env, sc *query.Scope, r *schema.Record) env {
	v := maps.Clone(outer)
	if v == nil {
		v = env{}
	}
	v[sc.Root] = r
	for _, j := range sc.Joins {
		v[j] = e.reach(j, v)
	}
	return v
}

// reach finds the row that a joined source stands for.
func (e evaluator) reach(j *query.Source, v env) *schema.Record {
	from := v[j.Parent]
	if from == nil {
		return nil
	}
	key := from.Key
	if j.Via != nil {
		key = from.Get(j.Via.Name)
	}
	return e.lookup(j.Table, key, j.Guard)
}

// lookup finds the row with that key that the guard lets through.
func (e evaluator) lookup(t *schema.Table, key schema.Value, g *query.Guard) *schema.Record {
	for _, r := range e.src.Rows(t) {
		if !key.IsNull() && r.Key.Compare(key) == 0 && e.seen(r, g) {
			return r
		}
	}
	return nil
}

func (e evaluator) seen(r *schema.Record, g *query.Guard) bool {
	return g == nil || e.holds(g.Pred, e.enter(nil, g.Scope, r))
}

// children are the rows of a list, one env for each, in the order of their keys.
func (e evaluator) children(m *query.Many, v env) []env {
	var out []env
	parent := v[m.Parent]
	if parent == nil {
		return nil
	}
	rows := slices.SortedFunc(slices.Values(e.src.Rows(m.Scope.Root.Table)), func(a, b *schema.Record) int { return a.Key.Compare(b.Key) })
	for _, r := range rows {
		if !e.belongs(r, m, parent) || !e.seen(r, m.Guard) {
			continue
		}
		if child := e.enter(v, m.Scope, r); m.Keep == nil || e.holds(m.Keep, child) {
			out = append(out, child)
		}
	}
	return out
}

// belongs tells whether a row is one of the list.
func (e evaluator) belongs(r *schema.Record, m *query.Many, parent *schema.Record) bool {
	if m.Through == nil {
		return leads(r, m.Back, parent)
	}
	return slices.ContainsFunc(e.src.Rows(m.Through.Table), func(between *schema.Record) bool {
		return leads(between, m.Through.From, parent) && leads(between, m.Through.To, r)
	})
}

// leads tells whether a reference of a row is to the other one.
func leads(from *schema.Record, f *schema.Field, to *schema.Record) bool {
	v, key := from.Get(f.Name), to.Key
	if f.Ref == "" {
		key = schema.TextValue(to.Table.Name + "/" + key.Text())
	}
	return !v.IsNull() && v.Compare(key) == 0
}
