package store_test

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// requests draws random requests that are mostly legal.
type requests struct {
	*rapid.T
	schema *schema.Schema
}

func randomRequest(t *rapid.T, s *schema.Schema, table *schema.Table) query.Request {
	r := requests{t, s}
	req := query.Request{}
	aliases := []string{}
	if r.chance(4, 5) {
		req.Fields = r.list(table, 2, &aliases)
	}
	if r.chance(2, 3) {
		req.Filter = r.filter(table, aliases, 3)
	}
	if r.chance(1, 2) {
		var sort []string
		for range rapid.IntRange(1, 3).Draw(t, "sorts") {
			sort = append(sort, r.pick("", "+", "-", " ")+r.left(table, aliases))
		}
		req.Sort = strings.Join(sort, ",")
	}
	if r.chance(1, 2) {
		req.Limit = r.pick("0", "1", "3")
	}
	if r.chance(1, 4) {
		req.Offset = r.pick("0", "1", "2")
	}
	if r.chance(1, 10) {
		req.Key = r.pick("1", "x", r.key(table))
	}
	if r.chance(1, 10) {
		req.Equals = map[string]string{table.Fields[0].Name: r.pick("1", "a", "vm")}
	}
	return req
}

// key draws a key that a row of the table may have.
func (r requests) key(t *schema.Table) string {
	return keyFor(t, rapid.IntRange(1, 6).Draw(r.T, "key")).Text()
}

func (r requests) chance(n, of int) bool { return rapid.IntRange(1, of).Draw(r.T, "chance") <= n }

func (r requests) pick(of ...string) string { return rapid.SampledFrom(of).Draw(r.T, "pick") }

// visible are the columns that a client may name.
func visible(t *schema.Table, keep func(*schema.Field) bool) (all []*schema.Field) {
	for _, f := range t.Fields {
		if !f.IsHidden && !f.IsSecret && keep(f) {
			all = append(all, f)
		}
	}
	return all
}

// field draws a column of a kind; nil when the table has none.
func (r requests) field(t *schema.Table, keep func(*schema.Field) bool) *schema.Field {
	all := visible(t, keep)
	if len(all) == 0 {
		return nil
	}
	return rapid.SampledFrom(all).Draw(r.T, "field")
}

func isRow(f *schema.Field) bool    { return f.IsRow() }
func isRows(f *schema.Field) bool   { return f.IsRows() }
func isScalar(f *schema.Field) bool { return !f.IsRows() }

// steps draws references to cross, and the table that they end in.
func (r requests) steps(t *schema.Table) (string, *schema.Table) {
	path := ""
	for range rapid.SampledFrom([]int{0, 0, 1, 1, 2, 3}).Draw(r.T, "steps") {
		f := r.field(t, isRow)
		if f == nil {
			break
		}
		next := r.schema.Table(f.Ref)
		if f.Ref == "" {
			next = r.schema.Table(r.pick("vms", "volumes", "nodes", "groups", "settings"))
		}
		if next == nil {
			break
		}
		path, t = path+f.Name+"#", next
	}
	return path, t
}

// scalar draws a path or function that gives a single value.
func (r requests) scalar(t *schema.Table) string {
	path, end := r.steps(t)
	name := "$key"
	if f := r.field(end, isScalar); f != nil && r.chance(5, 6) {
		name = f.Name
	} else if r.chance(1, 2) {
		name = r.pick("$display", "$row")
	}
	switch rapid.IntRange(0, 5).Draw(r.T, "function") {
	case 0:
		return fmt.Sprintf("%s%s(%s)", path, r.pick("display", "upper", "lower", "hex", "sha1", "datetime", "diskspace", "collapse"), name)
	case 1:
		if f := r.field(end, isRows); f != nil {
			return path + r.aggregate(f)
		}
	}
	return path + name
}

func (r requests) aggregate(f *schema.Field) string {
	if f.IsVoid || r.chance(1, 2) {
		return "count(" + f.Name + ")"
	}
	col := r.field(r.schema.Table(f.Ref), isScalar)
	return fmt.Sprintf(r.pick("%[1]s(%[2]s#%[3]s)", "%[2]s#%[1]s(%[3]s)"), r.pick("sum", "avg", "min", "max", "count"), f.Name, col.Name)
}

// list draws a fields list; aliases collects the names given to single values.
func (r requests) list(t *schema.Table, depth int, aliases *[]string) string {
	var items []string
	for i := range rapid.IntRange(1, 4).Draw(r.T, "items") {
		items = append(items, r.item(t, depth, i, aliases))
	}
	return strings.Join(items, r.pick(",", ", "))
}

func (r requests) item(t *schema.Table, depth, i int, aliases *[]string) string {
	var unused []string
	switch kind := rapid.IntRange(0, 7).Draw(r.T, "item"); {
	case kind == 0:
		return r.pick("all", "most", "summary", "dashboard", "nonsense")
	case kind == 1 && depth > 0:
		if f := r.field(t, isRows); f != nil && r.schema.Table(f.Ref) != nil {
			return r.rows(f, depth)
		}
	case kind == 2 && depth > 0:
		if f := r.field(t, isRow); f != nil && r.schema.Table(f.Ref) != nil {
			return fmt.Sprintf(r.pick("%s[%s]", "collapse(%s[%s])", "flatten(%s[%s])"), f.Name, r.list(r.schema.Table(f.Ref), depth-1, &unused))
		}
	case kind == 3:
		return r.comparison(t, nil) + fmt.Sprintf(" as is%d", i)
	case kind == 4 && len(visible(t, isRows)) > 0:
		return r.field(t, isRows).Name
	}
	alias := fmt.Sprintf("$a%d_%d", depth, i)
	*aliases = append(*aliases, alias)
	return r.scalar(t) + " as " + alias
}

// rows draws a list in brackets: of columns or aggregates, whole or narrowed by a condition.
func (r requests) rows(f *schema.Field, depth int) string {
	t, aliases := r.schema.Table(f.Ref), []string{}
	list, form := r.list(t, depth-1, &aliases), r.pick("%s[%s%s", "collapse(%s[%s%s)", "count(%s[%s%s)")
	if r.chance(1, 4) {
		list, aliases, form = r.totals(t), nil, "%s[%s%s"
	}
	end := "]"
	if r.chance(1, 2) {
		end += r.pick("?", " ? ") + r.filter(t, aliases, 2)
	}
	return fmt.Sprintf(form, f.Name, list, end)
}

// totals draws a list of aggregates of t's own columns.
func (r requests) totals(t *schema.Table) string {
	var items []string
	for i := range rapid.IntRange(1, 3).Draw(r.T, "totals") {
		path, end := r.steps(t)
		col := "$key"
		if f := r.field(end, isScalar); f != nil && r.chance(5, 6) {
			col = f.Name
		}
		items = append(items, fmt.Sprintf("%s(%s%s) as n%d", r.pick("sum", "avg", "min", "max", "count"), path, col, i))
	}
	return strings.Join(items, ",")
}

// left draws the left side of a comparison or an entry of a sort.
func (r requests) left(t *schema.Table, aliases []string) string {
	if len(aliases) > 0 && r.chance(1, 3) {
		return rapid.SampledFrom(aliases).Draw(r.T, "alias")
	}
	return r.scalar(t)
}

func (r requests) literal() string {
	if r.chance(1, 3) {
		t := rapid.SampledFrom(r.schema.Tables()).Draw(r.T, "key of")
		return fmt.Sprintf(r.pick("%s", "'%s'"), r.pick("", t.Name+"/")+r.key(t))
	}
	if r.chance(1, 2) {
		return "'" + strings.ReplaceAll(rapid.SampledFrom(texts).Draw(r.T, "text"), "'", "''") + "'"
	}
	return r.pick("1", "0", "2", "-1", "0.5", "1023.5", "true", "false", "vms/1", "'vms/2'", "'/v4/vms/3'", "'52-54-00-AA-BB-01'", "'1970-01-01 00:25:36'", "'52:54'", "{$now}", "{$add({$now}, 1)}", "Virtual")
}

func (r requests) comparison(t *schema.Table, aliases []string) string {
	left := r.left(t, aliases)
	if r.chance(1, 15) {
		return left + r.pick(" eq ", " ne ") + "null"
	}
	op := rapid.SampledFrom(query.Operators()).Filter(func(o query.Operator) bool { return len(o.Words()) > 0 }).Draw(r.T, "operator")
	left += " " + r.pick(op.Words()...) + " "
	switch {
	case op.List:
		return left + r.pick("()", "("+r.literal()+")", "(null, "+r.literal()+", "+r.literal()+")")
	case op.Op == query.OpRegexp:
		return left + r.pick("'^[a-z]'", "'1$'", "'(?i)WEB'", "'.'")
	case op.Op == query.OpLike:
		return left + r.pick("'%e%'", "'w_b%'", `'100\%'`, "'%'")
	}
	return left + r.literal()
}

func (r requests) filter(t *schema.Table, aliases []string, depth int) string {
	if depth == 0 || r.chance(1, 2) {
		return r.comparison(t, aliases)
	}
	a, b := r.filter(t, aliases, depth-1), r.filter(t, aliases, depth-1)
	return fmt.Sprintf(r.pick("%s and %s", "%s or %s", "(%s) and (%s)", "(%s or %s)"), a, b)
}
