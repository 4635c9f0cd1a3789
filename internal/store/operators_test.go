package store_test

import (
	"testing"

	"dewpoint/internal/errs"
	"dewpoint/internal/query"
	"dewpoint/internal/query/querytest"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// TestUnknownOperator makes sure that an operator without SQL is an error, and not a condition that holds for nothing.
func TestUnknownOperator(t *testing.T) {
	t.Parallel()
	s := querytest.Schema()
	for name, sql := range map[string]store.SQL{"sqlite": store.SQLite(), "postgres": store.PostgreSQL()} {
		for _, op := range []query.Op{query.OpLike, 200} {
			p, err := query.Build(s, s.Table("vms"), &query.AST{}, query.Options{})
			if err != nil {
				t.Fatal(err)
			}
			p.Where = &query.Cmp{Left: &query.Cell{Src: p.Find.Root, Field: s.Table("vms").Field("name")}, Op: op, Right: []schema.Value{schema.TextValue("x")}}
			if _, _, err := sql.Render(p); !errs.Is(err, errs.Internal) {
				t.Errorf("%s: operator %d: %v, want an error", name, op, err)
			}
		}
	}
}
