package naive

import (
	"bytes"
	"encoding/json"
	"strings"

	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// object writes the members of a row in their order.
func (e evaluator) object(cols []query.Column, v env) string {
	members := make([]string, len(cols))
	for i, c := range cols {
		members[i] = quote(c.Name) + ":" + e.json(c.Value, v)
	}
	return "{" + strings.Join(members, ",") + "}"
}

func quote(s string) string {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	return strings.TrimSuffix(b.String(), "\n")
}

// json writes a value of the reply.
func (e evaluator) json(n query.Node, v env) string {
	switch n := n.(type) {
	case *query.Cell:
		if long := n.Long(); long != nil && e.cell(long, v).Bool() && !e.cell(n, v).IsNull() {
			return quote("/v4/" + e.cell(n, v).Text())
		}
	case query.Empty:
		if n.Agg == query.AggList {
			return "[]"
		}
	case *query.Object:
		if v[n.Src] == nil {
			return "null"
		}
		return e.object(n.Columns, v)
	case *query.Poly:
		if br, inner := e.branch(n, v); inner != nil {
			return e.json(br.Value, inner)
		}
		return "null"
	case *query.Many:
		if n.Agg <= query.AggFirst {
			return e.list(n, v)
		}
	}
	x := e.value(n, v)
	switch shape := n.Shape(); {
	case x.IsNull():
		return "null"
	case shape == schema.AsNumber:
		return x.Text()
	case shape == schema.AsBool && x.Int() == 1:
		return "true"
	case shape == schema.AsBool && x.Int() == 0:
		return "false"
	case shape == schema.AsJSON && json.Valid([]byte(x.Text())):
		return x.Text()
	case shape == schema.AsString:
		return quote(x.Text())
	case shape == schema.AsTime:
		if text := call(query.FuncDatetime, x); !text.IsNull() {
			return quote(text.Text())
		}
	}
	return "null"
}

// list writes many rows as an array, or the first of them.
func (e evaluator) list(m *query.Many, v env) string {
	var all []string
	for _, child := range e.children(m, v) {
		all = append(all, e.json(m.Value, child))
	}
	switch {
	case m.Agg == query.AggList:
		return "[" + strings.Join(all, ",") + "]"
	case len(all) == 0:
		return "null"
	}
	return all[0]
}
