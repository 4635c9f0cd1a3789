package store_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/model"
	"dewpoint/internal/query"
	"dewpoint/internal/store"
)

// TestRowsOfOlderVersions gives tables the columns and values that older versions left, and opens the database with this one.
func TestRowsOfOlderVersions(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		place := d.place(t)
		old := d.connect(t, place, model.Schema())
		for _, text := range []string{
			`DELETE FROM "_steps"`,
			`ALTER TABLE "machine_stats" DROP COLUMN "total_cpu"`,
			`ALTER TABLE "machine_stats" ADD COLUMN "total_cpu" DOUBLE PRECISION`,
			`INSERT INTO "machine_stats" ("_key", "total_cpu", "ram_pct") VALUES (1, 95.6, 12)`,
			`INSERT INTO "tasks" ("_key", "name", "last_run") VALUES (1, 'never', 0)`,
			`INSERT INTO "tasks" ("_key", "name", "last_run") VALUES (2, 'once', 1705314600)`,
			`INSERT INTO "machine_status" ("_key", "agent_guest_info") VALUES (1, '[]')`,
			`INSERT INTO "vnet_addresses" ("_key", "mac") VALUES (1, '52-54-00-AA-bb-cc')`,
			`INSERT INTO "vnet_addresses" ("_key", "mac") VALUES (2, '525400aabbcd')`,
			`INSERT INTO "nodes" ("_key", "vsan_connected") VALUES (1, 0)`,
		} {
			if _, err := old.Writer().Exec(text); err != nil {
				t.Fatalf("%s: %v", text, err)
			}
		}
		old.Close()
		db := d.connect(t, place, model.Schema())
		for _, c := range []struct{ table, fields, want string }{
			{"machine_stats", "total_cpu,ram_pct,user_cpu,core_usagelist", `{"total_cpu":96,"ram_pct":12,"user_cpu":0,"core_usagelist":[]}`},
			{"tasks", "name,last_run", `{"name":"never","last_run":null}{"name":"once","last_run":"2024-01-15 10:30:00"}`},
			{"machine_status", "agent_guest_info", `{"agent_guest_info":null}`},
			{"vnet_addresses", "mac", `{"mac":"52:54:00:aa:bb:cc"}{"mac":"52:54:00:aa:bb:cd"}`},
			{"nodes", "vsan_connected", `{"vsan_connected":true}`},
		} {
			if diff := cmp.Diff(c.want, rowsAsText(t, db, c.table, c.fields)); diff != "" {
				t.Errorf("%s: %s", c.table, diff)
			}
		}
	})
}

func rowsAsText(t *testing.T, db *store.DB, table, fields string) (text string) {
	t.Helper()
	ast, err := query.Parse(query.Request{Fields: fields})
	if err != nil {
		t.Fatal(err)
	}
	plan, err := query.Build(db.Schema, db.Schema.Table(table), ast, query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	q, err := db.Render(plan)
	if err == nil {
		err = db.Each(context.Background(), q, func(row json.RawMessage, _ string) error { text += string(row); return nil })
	}
	if err != nil {
		t.Fatal(err)
	}
	return text
}
