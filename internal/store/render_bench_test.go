package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"

	"dewpoint/internal/model"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/sqlite"
)

// BenchmarkList asks for 100 of 10,000 VMs with all their columns. The budget is 1,000 requests a second on the whole machine.
func BenchmarkList(b *testing.B) {
	s := model.Schema()
	db, err := sqlite.Open(context.Background(), filepath.Join(b.TempDir(), "t.db"), s)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	fillVMs(b, db, 10_000)
	for name, req := range map[string]query.Request{
		"plain":       {Limit: "100"},
		"sort":        {Sort: "-name", Limit: "100"},
		"filter":      {Filter: "enabled eq true and ram ge 2048", Limit: "100"},
		"filter sort": {Filter: "enabled eq true and ram ge 2048", Sort: "-name", Limit: "100"},
		"text":        {Filter: "name ct '77'", Sort: "name", Limit: "100"},
		"unindexed":   {Filter: "enabled eq true", Sort: "ram,-name", Limit: "100"},
		"joined":      {Fields: "most,machine#status#status as status", Filter: "status eq 'stopped'", Sort: "name", Limit: "100"},
		"nested":      {Fields: "dashboard", Sort: "name", Limit: "100"},
		"one":         {Key: "5000"},
		"named":       {Filter: "name eq 'vm-5000'"},
	} {
		b.Run(name, func(b *testing.B) { list(b, s, db, req) })
	}
}

// list runs a request from its text to the last byte of the reply.
func list(b *testing.B, s *schema.Schema, db *store.DB, req query.Request) {
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			ast, err := query.Parse(req)
			if err != nil {
				b.Fatal(err)
			}
			p, err := query.Build(s, s.Table("vms"), ast, query.Options{})
			if err != nil {
				b.Fatal(err)
			}
			q, err := db.Render(p)
			if err != nil {
				b.Fatal(err)
			}
			rows := 0
			if err := db.Each(context.Background(), q, func(json.RawMessage, string) error { rows++; return nil }); err != nil || rows == 0 {
				b.Fatal(rows, err)
			}
		}
	})
}

// fillVMs makes VMs with their machines, statuses and one drive each, past all rules.
func fillVMs(b *testing.B, db *store.DB, n int) {
	b.Helper()
	tx, err := db.Writer().Begin()
	if err != nil {
		b.Fatal(err)
	}
	defer tx.Rollback()
	exec := func(text string, args ...any) {
		if _, err := tx.Exec(db.SQL().Bind(text), args...); err != nil {
			b.Fatal(err)
		}
	}
	for i := 1; i <= n; i++ {
		name := fmt.Sprintf("vm-%d", i*7919%n)
		for table, set := range map[string]schema.Set{
			"vms":            {"name": schema.TextValue(name), "machine": schema.IntValue(int64(i)), "ram": schema.IntValue(int64(i%8) * 1024), "enabled": schema.BoolValue(i%3 > 0), "description": schema.TextValue("a virtual machine for the benchmark")},
			"machines":       {"name": schema.TextValue(name), "type": schema.TextValue("vm")},
			"machine_status": {"machine": schema.IntValue(int64(i)), "status": schema.TextValue([]string{"running", "stopped"}[i%2])},
			"machine_drives": {"machine": schema.IntValue(int64(i)), "name": schema.TextValue("root")},
		} {
			r := schema.NewRecord(db.Schema.Table(table))
			for _, f := range r.Table.Fields {
				if f.Stored() {
					r.Put(f.Name, f.DefaultValue)
				}
			}
			for column, v := range set {
				r.Put(column, v)
			}
			r.Key = schema.IntValue(int64(i))
			insert(exec, r, i, false)
		}
	}
	if err := tx.Commit(); err != nil {
		b.Fatal(err)
	}
}
