package store

import (
	"bytes"
	"encoding/json"

	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// object writes an expression that gives the JSON object of the columns.
func (r *renderer) object(cols []query.Column) {
	if len(cols) == 0 {
		r.put(quoteText("{}"))
		return
	}
	r.members(r, labelsOf(cols), cols)
}

// labelsOf are what stands before the values of one or more columns.
func labelsOf(cols []query.Column) []string {
	labels := make([]string, len(cols))
	for i, c := range cols {
		labels[i] = "," + jsonString(c.Name) + ":"
	}
	labels[0] = "{" + labels[0][1:]
	return labels
}

// jsonString is s as a JSON string; a NUL in it is escaped, so that the result is fit for a literal.
func jsonString(s string) string {
	if plain(s) {
		return `"` + s + `"`
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string always encodes
	return string(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
}

// plain reports whether JSON needs nothing escaped, as in the name of any column.
func plain(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return true
}

// json writes an expression that gives the JSON text of a value, never null.
func (r *renderer) json(n query.Node) {
	switch n := n.(type) {
	case query.Null:
		r.put("'null'")
		return
	case query.Empty:
		r.put(map[bool]string{true: "'[]'", false: "'0'"}[n.Agg == query.AggList])
		return
	case *query.Object:
		r.maybe(n)
		return
	case *query.Cell:
		if long := n.Long(); long != nil {
			r.text(r, &query.Written{Ref: n, Long: long})
			return
		}
	case *query.Poly:
		r.put("coalesce(")
		r.branches(n, r.json)
		r.put(", 'null')")
		return
	case *query.Many:
		if n.Agg <= query.AggFirst {
			r.list(n)
			return
		}
	}
	switch n.Shape() {
	case schema.AsNumber:
		r.number(r, n)
	case schema.AsBool:
		r.bool(n, "")
	case schema.AsJSON:
		r.document(r, n)
	case schema.AsTime:
		r.text(r, &query.Func{Name: query.FuncDatetime, Arg: n})
	default:
		r.text(r, n)
	}
}

// bool writes a truth value behind its label.
func (r *renderer) bool(n query.Node, label string) {
	r.put("CASE ")
	r.value(n)
	r.put(" WHEN 0 THEN ", quoteText(label+"false"), " WHEN 1 THEN ", quoteText(label+"true"), " ELSE ", quoteText(label+"null"), " END")
}

// maybe writes an object that is null when its row is absent.
func (r *renderer) maybe(o *query.Object) {
	if o.Src.Parent == nil {
		r.object(o.Columns)
		return
	}
	r.put("CASE WHEN ", r.alias[o.Src], `."_key" IS NULL THEN 'null' ELSE `)
	r.object(o.Columns)
	r.put(" END")
}

// list writes the JSON array of many rows' values, or the first of them.
func (r *renderer) list(m *query.Many) {
	key := r.many(m)
	if m.Agg == query.AggFirst {
		r.put("coalesce((SELECT ")
		r.json(m.Value)
		r.from(m)
		r.put(" ORDER BY ", key, " LIMIT 1), 'null')")
		return
	}
	r.put("(SELECT concat('[', string_agg(")
	r.json(m.Value)
	r.put(", ',' ORDER BY ", key, "), ']')")
	r.from(m)
	r.put(")")
}
