package naive

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// value evaluates a single value.
func (e evaluator) value(n query.Node, v env) schema.Value {
	switch n := n.(type) {
	case *query.Cell:
		return e.cell(n, v)
	case *query.Else:
		if x := e.cell(n.Of, v); !x.IsNull() || v[n.Of.Src] == nil {
			return x
		}
		return n.Value
	case *query.Func:
		return call(n.Name, e.value(n.Arg, v))
	case *query.Label:
		x := e.value(n.Arg, v)
		for _, l := range n.Enum {
			if x.Kind() == schema.Text && l.Value == x.Text() {
				return schema.TextValue(l.Label)
			}
		}
		return x
	case *query.Text:
		if x := e.value(n.Arg, v); !x.IsNull() {
			return schema.TextValue(text(x))
		}
	case *query.Poly:
		if br, inner := e.branch(n, v); inner != nil {
			return e.value(br.Value, inner)
		}
	case *query.Test:
		return schema.BoolValue(e.holds(n.Pred, v))
	case *query.Many:
		return e.aggregate(n, v)
	case query.Empty:
		return schema.IntValue(0)
	}
	return schema.Value{}
}

func (e evaluator) cell(c *query.Cell, v env) schema.Value {
	r := v[c.Src]
	switch {
	case r == nil:
		return schema.Value{}
	case c.Row:
		return schema.IntValue(r.Row)
	case c.Field == nil:
		return r.Key
	}
	return r.Get(c.Field.Name)
}

// branch picks the table of a reference and enters its row; inner is nil when there is none.
func (e evaluator) branch(p *query.Poly, v env) (br query.Branch, inner env) {
	if p.Ref.Field.Ref != "" {
		br = p.Branches[0]
		if r := e.lookup(br.Scope.Root.Table, e.cell(p.Ref, v), br.Scope.Root.Guard); r != nil {
			return br, e.enter(v, br.Scope, r)
		}
		return br, nil
	}
	table, text, _ := strings.Cut(e.cell(p.Ref, v).Text(), "/")
	for _, br := range p.Branches {
		t := br.Scope.Root.Table
		if t.Name != table {
			continue
		}
		key := schema.TextValue(text)
		if t.Key == schema.NumberKey {
			key = schema.IntValue(key.Int())
		}
		if r := e.lookup(t, key, br.Scope.Root.Guard); r != nil {
			return br, e.enter(v, br.Scope, r)
		}
	}
	return br, nil
}

// aggregate evaluates what becomes one value of many rows.
func (e evaluator) aggregate(m *query.Many, v env) schema.Value {
	var all []schema.Value
	for _, child := range e.children(m, v) {
		x := schema.IntValue(1)
		if m.Value != nil {
			x = e.value(m.Value, child)
		}
		if m.Agg == query.AggFirst {
			return x
		}
		if !x.IsNull() {
			all = append(all, x)
		}
	}
	if m.Agg == query.AggCount {
		return schema.IntValue(int64(len(all)))
	}
	if len(all) == 0 {
		if m.Agg == query.AggSum {
			return schema.IntValue(0)
		}
		return schema.Value{}
	}
	switch m.Agg {
	case query.AggMin:
		return slices.MinFunc(all, schema.Value.Compare)
	case query.AggMax:
		return slices.MaxFunc(all, schema.Value.Compare)
	}
	var whole int64
	var real float64
	for _, x := range all {
		whole += x.Int()
		real += x.Real()
	}
	switch {
	case m.Agg == query.AggAvg:
		return schema.RealValue(real / float64(len(all)))
	case all[0].Kind() == schema.Real:
		return schema.RealValue(real)
	}
	return schema.IntValue(whole)
}

// text writes a value as SQLite casts it, which puts a point into every real.
func text(v schema.Value) string {
	s := v.Text()
	if v.Kind() == schema.Real && !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// call evaluates a function of the language.
func call(name query.FuncName, v schema.Value) schema.Value {
	if v.IsNull() {
		return v
	}
	switch name {
	case query.FuncUpper:
		return schema.TextValue(mapASCII(v.Text(), 'a', 'z', 'A'-'a'))
	case query.FuncLower:
		return schema.TextValue(mapASCII(v.Text(), 'A', 'Z', 'a'-'A'))
	case query.FuncSHA1:
		sum := sha1.Sum([]byte(v.Text()))
		return schema.TextValue(hex.EncodeToString(sum[:]))
	case query.FuncHex:
		if v.Kind() == schema.Int {
			return schema.TextValue(strconv.FormatUint(uint64(v.Int()), 16))
		}
		return schema.TextValue(hex.EncodeToString([]byte(v.Text())))
	case query.FuncDiskspace:
		return schema.TextValue(diskspace(v.Int()))
	}
	seconds := v.Int() / map[query.FuncName]int64{query.FuncDatetime: 1, query.FuncMillis: 1e3, query.FuncMicros: 1e6}[name]
	t := time.Unix(seconds, 0).UTC()
	if t.Year() < 0 || t.Year() > 9999 {
		return schema.Value{}
	}
	return schema.TextValue(t.Format(time.DateTime))
}

func mapASCII(s string, from, to, shift rune) string {
	return strings.Map(func(r rune) rune {
		if r >= from && r <= to {
			r += shift
		}
		return r
	}, s)
}

func diskspace(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	size, unit := int64(1024), 0
	for ; unit < 4 && n/size >= 1024; unit++ {
		size *= 1024
	}
	return fmt.Sprintf("%d.%02d %s", n/size, n%size*100/size, []string{"KB", "MB", "GB", "TB", "PB"}[unit])
}
