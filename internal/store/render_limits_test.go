package store_test

import (
	"fmt"
	"strings"
	"testing"

	"dewpoint/internal/query"
)

// TestRenderLargest runs the largest requests that are accepted: SQLite has limits of its own on depth, arguments and joined tables.
func TestRenderLargest(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		w := newSample(t, d)
		repeat := func(n int, format string) []string {
			var all []string
			for i := range n {
				all = append(all, strings.ReplaceAll(format, "%d", fmt.Sprint(i)))
			}
			return all
		}
		nested := "ram eq 1"
		for range query.MaxNesting / 2 {
			nested = "((" + nested + " or name eq 'x') and enabled eq 1)"
		}
		for name, req := range map[string]query.Request{
			"conditions": {Filter: strings.Join(repeat(query.MaxConditions, "ram ne %d"), " and ")},
			"in list":    {Filter: "ram in (" + strings.Join(repeat(query.MaxConditions, "%d"), ",") + ")"},
			"nesting":    {Filter: nested},
			"entries":    {Fields: strings.Join(repeat(query.MaxItems, "name as n%d"), ",")},
			"functions":  {Fields: strings.Repeat("hex(", 8) + "owner#name" + strings.Repeat(")", 8)},
			"branches":   {Fields: strings.Join(repeat(40, "diskspace(owner#ram) as r%d"), ",") + ",owner#owner#name as n"},
			"sort":       {Sort: strings.TrimSuffix(strings.Repeat("machine#cluster#name,", query.MaxSort), ",")},
		} {
			ast, err := query.Parse(req)
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			p, err := query.Build(w.schema, w.schema.Table("vms"), ast, query.Options{Guard: guards})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			q, err := w.db.Render(p)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := readJSON(w.db, q); err != nil || len(q.Text) > 1<<20 {
				t.Errorf("%s: a statement of %d bytes: %v", name, len(q.Text), err)
			}
		}
	})
}
