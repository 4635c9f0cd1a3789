package query_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"dewpoint/internal/model"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
	"dewpoint/test/golden"
)

// expression is one line of testdata/queries.tsv: what a real client sends.
type expression struct{ client, table, param, text string }

// expressions reads the file and puts plain values where it has placeholders.
func expressions(t testing.TB) []expression {
	t.Helper()
	raw, err := os.ReadFile("testdata/queries.tsv")
	if err != nil {
		t.Fatal(err)
	}
	fill := strings.NewReplacer("({s})", "(name eq 'x')", "({expr})", "(name eq 'x')", "{field}", "name", "{n}", "7", "{v}", "7", "'{s}'", "'it''s'")
	var all []expression
	for line := range strings.Lines(string(raw)) {
		cols := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(cols) != 4 {
			t.Fatalf("not four columns: %q", line)
		}
		e := expression{cols[0], cols[1], cols[2], cols[3]}
		switch e.param {
		case "fields":
			e.text, _, _ = strings.Cut(e.text, " (") // a remark
		case "filter":
			if rest, ok := strings.CutPrefix(e.text, "{v} and"); ok {
				e.text = "(name eq 'x') and" + rest
			}
		case "limit", "offset":
			e.text, _, _ = strings.Cut(e.text, " ")
		case "sort":
		default:
			continue // the heading, and parameters that aren't of this language
		}
		e.text = fill.Replace(e.text)
		all = append(all, e)
	}
	return all
}

// request puts the expression into its parameter.
func (e expression) request() query.Request {
	switch e.param {
	case "fields":
		return query.Request{Fields: e.text}
	case "filter":
		return query.Request{Filter: e.text}
	case "sort":
		return query.Request{Sort: e.text}
	case "limit":
		return query.Request{Limit: e.text}
	}
	return query.Request{Offset: e.text}
}

// TestClientExpressions parses every expression that clients are known to send, and builds those on tables that are declared. What
// can't be built yet is kept in a golden file.
func TestClientExpressions(t *testing.T) {
	t.Parallel()
	s := model.Schema()
	missing := map[string]bool{}
	var parsed, built int
	for _, e := range expressions(t) {
		ast, err := query.Parse(e.request())
		if err != nil {
			t.Errorf("%s %s %s=%s: %v", e.client, e.table, e.param, e.text, err)
			continue
		}
		parsed++
		for name := range strings.SplitSeq(e.table, "|") {
			if strings.HasPrefix(name, "(") {
				continue // not a table: what a client sends to any
			}
			table := s.Table(name)
			if table == nil {
				missing["table "+name] = true
				continue
			}
			for _, m := range gaps(s, table, ast) {
				missing[m] = true
			}
			built++
		}
	}
	t.Logf("%d parsed, %d tried on a declared table", parsed, built)
	if parsed < 1000 || built < 100 {
		t.Errorf("only %d expressions were parsed and %d tried", parsed, built)
	}
	golden.Equal(t, "testdata/missing.golden", strings.Join(slices.Sorted(maps.Keys(missing)), "\n")+"\n")
}

// TestDeclaredViews builds every view of every declared table, and with "all" every path that a column is declared with.
func TestDeclaredViews(t *testing.T) {
	t.Parallel()
	s := model.Schema()
	for _, table := range s.Tables() {
		views := append(slices.Sorted(maps.Keys(table.Views)), "all", "most", "summary", "dashboard")
		for _, view := range views {
			plan, err := query.Build(s, table, &query.AST{Fields: []query.Item{{Operand: query.Operand{Path: []string{view}}}}}, query.Options{})
			if err != nil || len(plan.Columns) == 0 || len(plan.Unknown) > 0 {
				t.Errorf("%s[%s]: %v", table.Name, view, err)
			}
		}
	}
}

// gaps tries entry by entry, so that one unknown column doesn't hide the next.
func gaps(s *schema.Schema, table *schema.Table, ast *query.AST) (all []string) {
	try := func(part query.AST) {
		plan, err := query.Build(s, table, &part, query.Options{Now: time.Unix(1e9, 0)})
		if err != nil {
			all = append(all, fmt.Sprintf("column of %s: %v", table.Name, err))
			return
		}
		for _, name := range plan.Unknown {
			all = append(all, "column "+name)
		}
		for _, m := range plan.Missing {
			all = append(all, fmt.Sprintf("table %s, which %s leads to", m, table.Name))
		}
	}
	for _, it := range ast.Fields {
		try(query.AST{Fields: []query.Item{it}})
	}
	rest := *ast
	rest.Fields = nil
	try(rest)
	return all
}
