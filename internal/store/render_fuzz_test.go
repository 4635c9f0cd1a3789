package store_test

import (
	"encoding/json"
	"testing"
	"time"

	"dewpoint/internal/query"
)

// FuzzRender checks that whatever is accepted of a client's text becomes SQL that runs and rows that are JSON.
func FuzzRender(f *testing.F) {
	w := newSample(f, onSQLite)
	f.Add("most,machine[name] as m", "name eq 'it''s' and ram gt 1", "-name,m#x")
	f.Add("owner#$display as d, count(volumes) as n", "d ct 'A' or n eq 2", "+$key")
	f.Add("status eq 'a\"b' as \u00e9", "(started lt {$now}) or owner in (vms/1,null)", "status")
	f.Fuzz(func(t *testing.T, fields, filter, sort string) {
		ast, err := query.Parse(query.Request{Fields: fields, Filter: filter, Sort: sort})
		if err != nil {
			return
		}
		for _, table := range w.schema.Tables() {
			plan, err := query.Build(w.schema, table, ast, query.Options{Guard: guards, Now: time.Unix(1e9, 0)})
			if err != nil {
				continue
			}
			q, err := w.db.Render(plan)
			if err != nil {
				t.Fatal(err)
			}
			rows, err := readJSON(w.db, q)
			if err != nil {
				t.Fatalf("%s fields=%q filter=%q sort=%q: %v\n%s", table.Name, fields, filter, sort, err, q.Text)
			}
			for _, row := range rows {
				if !json.Valid([]byte(row)) {
					t.Fatalf("%s fields=%q: not JSON: %s", table.Name, fields, row)
				}
			}
		}
	})
}
