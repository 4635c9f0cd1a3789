package store

import (
	"encoding/json"
	"strconv"
	"strings"

	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// member is a cell of a result that becomes a part of the JSON text of its row: what stands before it, and how its text becomes JSON.
type member struct {
	label string
	kind  cellKind
}

// cellKind is how the text of a cell becomes JSON. A null cell becomes null.
type cellKind uint8

const (
	isJSON     cellKind = iota // as it is
	isBool                     // 1 or 0
	isText                     // becomes a string
	isDocument                 // as it is, if it is JSON
)

// bare returns the node whose value alone will do for the JSON of n, and how it becomes that; false where the database has to make the JSON.
func bare(n query.Node) (of query.Node, kind cellKind, ok bool) {
	switch n := n.(type) {
	case query.Null, query.Empty, *query.Object, *query.Poly:
		return nil, isJSON, false
	case *query.Cell:
		if long := n.Long(); long != nil {
			return &query.Written{Ref: n, Long: long}, isText, true
		}
	case *query.Many:
		if n.Agg <= query.AggFirst {
			return nil, isJSON, false
		}
	}
	switch n.Shape() {
	case schema.AsNumber:
		return n, isJSON, n.Storage() != schema.Float // reals have more than one form
	case schema.AsBool:
		return n, isBool, true
	case schema.AsJSON:
		return n, isDocument, true
	case schema.AsTime:
		return &query.Func{Name: query.FuncDatetime, Arg: n}, isText, true
	}
	return n, isText, true
}

// rows returns what calls f with the JSON text and the version of each row of which it gets the cells, and notes how many rows there are.
func (q *Query) rows(f func(json.RawMessage, string) error) func([][]byte) error {
	var row []byte
	return func(cells [][]byte) (err error) {
		behind := cells[max(1, len(q.members)):]
		if q.counts {
			q.Total, err = strconv.ParseInt(string(behind[0]), 10, 64)
			if key := behind[1]; err != nil || key == nil {
				return err
			}
			behind = nil
		}
		text := cells[0]
		if len(q.members) > 0 {
			row = appendRow(row[:0], q.members, cells)
			text = row
		}
		version := ""
		if len(behind) > 0 {
			version = string(behind[0])
		}
		return f(text, version)
	}
}

// appendRow writes the JSON text of a row.
func appendRow(to []byte, members []member, cells [][]byte) []byte {
	for i, m := range members {
		to = append(to, m.label...)
		to = appendCell(to, m.kind, cells[i])
	}
	return append(to, '}')
}

func appendCell(to []byte, kind cellKind, cell []byte) []byte {
	switch {
	case cell == nil:
	case kind == isJSON, kind == isDocument && json.Valid(cell):
		return append(to, cell...)
	case kind == isText:
		return appendString(to, cell)
	case kind == isBool && string(cell) == "1":
		return append(to, "true"...)
	case kind == isBool && string(cell) == "0":
		return append(to, "false"...)
	}
	return append(to, "null"...)
}

// short are the letters behind the backslash that stand for some bytes.
var short = [...]byte{'\b': 'b', '\t': 't', '\n': 'n', '\f': 'f', '\r': 'r', '"': '"', '\\': '\\'}

// appendString writes a text as a JSON string with as few escapes as JSON allows, as the databases do.
func appendString(to, text []byte) []byte {
	const digits = "0123456789abcdef"
	to = append(to, '"')
	from := 0
	for i, c := range text {
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		to = append(to, text[from:i]...)
		if s := short[c]; s != 0 {
			to = append(to, '\\', s)
		} else {
			to = append(to, '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		}
		from = i + 1
	}
	return append(append(to, text[from:]...), '"')
}

// labelled stands for what members make of a row.
func labelled(members []member) string {
	var b strings.Builder
	for _, m := range members {
		b.WriteString(m.label)
	}
	return b.String()
}
