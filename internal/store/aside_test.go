package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"dewpoint/internal/errs"
	"dewpoint/internal/model"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/sqlite"
)

// makeAside makes count snapshots of one name, and a VM.
func makeAside(t *testing.T, db *store.DB, count int) {
	t.Helper()
	update(t, db, func(tx *store.Tx) error {
		for range count {
			r := record(tx, "vms", schema.Set{"name": schema.TextValue("daily"), "is_snapshot": schema.BoolValue(true), "uuid": schema.TextValue("the VM's")})
			if _, err := tx.Insert(r); err != nil {
				return err
			}
		}
		_, err := tx.Insert(record(tx, "vms", schema.Set{"name": schema.TextValue("web"), "uuid": schema.TextValue("the VM's")}))
		return err
	})
}

// TestRowsSetAside lets snapshots share names with each other and with a VM, and VMs with nobody.
func TestRowsSetAside(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		db := open(t, d)
		makeAside(t, db, 3)
		insert := func(set schema.Set) error {
			return db.Update(context.Background(), func(tx *store.Tx) error {
				_, err := tx.Insert(record(tx, "vms", set))
				return err
			})
		}
		if err := insert(schema.Set{"name": schema.TextValue("daily")}); err != nil {
			t.Errorf("a VM with the name of snapshots: %v", err)
		}
		for column, text := range map[string]string{"name": "web", "uuid": "the VM's"} {
			err := insert(schema.Set{column: schema.TextValue(text)})
			if e := errs.As(err); !errs.Is(err, errs.Conflict) || e.Field != column {
				t.Errorf("a second VM with that %s: %v", column, err)
			}
		}
	})
}

// TestRowsSetAsideAreNotRead looks at how SQLite goes about lists of VMs among very many snapshots.
func TestRowsSetAsideAreNotRead(t *testing.T) {
	t.Parallel()
	db := open(t, onSQLite)
	makeAside(t, db, 1000)
	for _, c := range []struct {
		request query.Request
		index   string
	}{
		{query.Request{Filter: "is_snapshot eq false"}, "vms_main"},
		{query.Request{Filter: "is_snapshot eq false and ram ge 2048"}, "vms_main"},
		{query.Request{Filter: "is_snapshot eq 0 and ram ge 2048", Sort: "-name", Limit: "100"}, "vms_name"},
		{query.Request{Filter: "(is_snapshot eq false) and enabled eq true", Sort: "name", Limit: "100"}, "vms_name"},
		{query.Request{Filter: "is_snapshot eq false and name eq 'web'"}, "vms_name"},
		{query.Request{Filter: "name eq 'web'"}, "vms_name_all"},
		{query.Request{Filter: "is_snapshot eq false and ram ge 2048", Sort: "ram,name", Limit: "10"}, "vms_main"},
		{query.Request{Filter: "is_snapshot eq false and machine#status#running eq true", Fields: "summary"}, "vms_main"},
	} {
		q := rendered(t, db, c.request)
		if how := explain(t, db, q.Text, q.Args); !strings.Contains(how, "INDEX "+c.index+"\n") && !strings.Contains(how, "INDEX "+c.index+" ") {
			t.Errorf("%+v goes without %s:\n%s", c.request, c.index, how)
		}
	}
}

// TestPostgresWalksAnIndex looks at how PostgreSQL goes about lists of few rows in an order: it walks an index to the last one that is wanted,
// however few rows it believes that a condition lets through.
func TestPostgresWalksAnIndex(t *testing.T) {
	t.Parallel()
	db := open(t, onPostgres)
	makeAside(t, db, 3000)
	update(t, db, func(tx *store.Tx) error {
		for i := range 3000 {
			r := record(tx, "vms", schema.Set{"name": schema.TextValue(fmt.Sprint("vm-", i)), "uuid": schema.TextValue(fmt.Sprint(i))})
			if _, err := tx.Insert(r); err != nil {
				return err
			}
		}
		return nil
	})
	if _, err := db.Writer().Exec(`ANALYZE "vms"`); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ filter, sort, index string }{
		{"ram ge 1024", "-$key", "vms_main"},
		{"name bw 'vm-1'", "-$key", "vms_main"},
		{"name bw 'vm-1'", "-name", "vms_name"},
		{"name ct '7'", "name", "vms_name"},
		{"ram ge 1024", "uuid", "vms_uuid"},
	} {
		q := rendered(t, db, query.Request{Fields: "name", Filter: "is_snapshot eq false and " + c.filter, Sort: c.sort, Limit: "10"})
		if how := explainPostgres(t, db, q); !strings.Contains(how, " using "+c.index+" ") {
			t.Errorf("%s by %s goes without %s:\n%s", c.filter, c.sort, c.index, how)
		}
	}
}

// explainPostgres returns the plan that serves all values.
func explainPostgres(t *testing.T, db *store.DB, q *store.Query) string {
	t.Helper()
	ctx := context.Background()
	conn, err := db.Reader().Conn(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	values := strings.TrimSuffix(strings.Repeat("NULL, ", len(q.Args)), ", ")
	if values != "" {
		values = "(" + values + ")"
	}
	if _, err := conn.ExecContext(ctx, "PREPARE looked_at AS "+q.Text); err != nil {
		t.Fatal(err)
	}
	defer conn.ExecContext(ctx, "DEALLOCATE looked_at")
	rows, err := conn.QueryContext(ctx, "EXPLAIN EXECUTE looked_at "+values)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var how strings.Builder
	for rows.Next() {
		var step string
		if err := rows.Scan(&step); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&how, step)
	}
	return how.String()
}

func rendered(t *testing.T, db *store.DB, r query.Request) *store.Query {
	t.Helper()
	ast, err := query.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := query.Build(db.Schema, db.Schema.Table("vms"), ast, query.Options{})
	if err != nil {
		t.Fatal(err)
	}
	q, err := db.Render(plan)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func explain(t *testing.T, db *store.DB, text string, args []any) string {
	t.Helper()
	rows, err := db.Reader().Query("EXPLAIN QUERY PLAN "+text, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var how strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&how, step)
	}
	return how.String()
}

// TestRowsAreSetAsideInOldDatabases opens a database as versions made it that knew nothing of rows set aside and of versions.
func TestRowsAreSetAsideInOldDatabases(t *testing.T) {
	t.Parallel()
	place := filepath.Join(t.TempDir(), "old.db")
	db := onSQLite.connect(t, place, model.Schema())
	for _, text := range []string{
		`DELETE FROM "_steps"`, `DROP INDEX "vms_name"`, `DROP INDEX "vms_name_all"`, `DROP INDEX "vms_main"`, `DROP INDEX "vms_uuid"`, `DROP INDEX "vms_uuid_all"`,
		`CREATE UNIQUE INDEX "vms_name" ON "vms" ("name")`, `CREATE UNIQUE INDEX "vms_uuid" ON "vms" ("uuid")`, `CREATE INDEX "vms_is_snapshot" ON "vms" ("is_snapshot")`,
		`INSERT INTO "vms" ("name", "is_snapshot") VALUES ('old', 0)`, `ALTER TABLE "vms" DROP COLUMN "_version"`,
	} {
		if _, err := db.Writer().Exec(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	db.Close()
	for range 2 { // a migration may be run again
		again, err := sqlite.Open(t.Context(), place, model.Schema())
		if err != nil {
			t.Fatal(err)
		}
		makeAsideOnce(t, again)
		again.Close()
	}
}

// makeAsideOnce makes snapshots with the name of the old VM, and changes that.
func makeAsideOnce(t *testing.T, db *store.DB) {
	t.Helper()
	update(t, db, func(tx *store.Tx) error {
		for range 2 {
			if _, err := tx.Insert(record(tx, "vms", schema.Set{"name": schema.TextValue("old"), "is_snapshot": schema.BoolValue(true)})); err != nil {
				return err
			}
		}
		before, err := tx.Get("vms", schema.IntValue(1))
		if err != nil {
			return err
		}
		if err := tx.Change("vms", before.Key, schema.Set{"description": schema.TextValue("changed")}); err != nil {
			return err
		}
		after, err := tx.Get("vms", schema.IntValue(1))
		if err == nil && (before.Version < 1 || after.Version != before.Version+1) {
			t.Errorf("a change made version %d of %d", after.Version, before.Version)
		}
		return err
	})
}
