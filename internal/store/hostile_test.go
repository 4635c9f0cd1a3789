package store_test

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/model"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// hostile are requests that take minutes over hostileRows rows, or as long as they are let.
var hostile = map[string]query.Request{
	"repetitions":  {Filter: `description rx '([a-z ]{1,30}x){1,30}!$'`},
	"second row":   {Filter: `name eq 'vm-1' or description rx '(.{1,30}x){1,30}!$'`, Sort: "$key"},
	"wildcards":    {Filter: `description like '` + strings.Repeat("%a_", 150) + `%!'`},
	"many":         {Filter: chain(40, `description rx '(a|b|c|%d)+[a-z]{1,90}!$'`)},
	"folded":       {Filter: `upper(lower(upper(description))) rx '(?i)(\pL{1,9} ){1,2}!$'`},
	"digests":      {Filter: chain(200, `sha1(description) eq '%d'`)},
	"sorted":       {Sort: "sha1(description),upper(description),lower(name)"},
	"shown":        {Fields: `$key,description rx '([a-z ]{1,30}x){1,30}!$' as a`, Sort: "name"},
	"other tables": {Filter: `machine#name rx '([a-z ]{1,30}x){1,30}!$'`},
	"nested":       {Fields: "$key,machine[drives[machine[drives[machine[drives[machine[$key,name]]]]]]]", Filter: chain(60, `machine#name ct 'x%d'`)},
	"huge text":    {Filter: `$key eq 1 and description rx '([a-z ]{1,30}x){1,30}!$'`},
}

const hostileRows = 20_000

func chain(n int, format string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = fmt.Sprintf(format, i)
	}
	return strings.Join(parts, " or ")
}

// fillHostile makes VMs with long texts, the first with a huge one.
func fillHostile(t *testing.T, db *store.DB, d driver) {
	t.Helper()
	numbers := "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
	text := strings.Repeat("lorem ipsum dolor sit amet abcdefghij ", 20)
	exec := func(sql string, args ...any) {
		if _, err := db.Writer().Exec(db.SQL().Bind(sql), args...); err != nil {
			t.Fatalf("%.200s: %v", sql, err)
		}
	}
	type column struct{ name, value string }
	for table, columns := range map[string][]column{
		"machines":       {{"name", "CAST(? AS TEXT) || i"}, {"type", "'vm'"}},
		"machine_drives": {{"name", "'d' || i"}, {"machine", "i"}, {"description", "CAST(? AS TEXT) || i"}},
		"vms":            {{"name", "'vm-' || i"}, {"machine", "i"}, {"is_snapshot", "0"}, {"description", "CAST(? AS TEXT) || i"}},
	} {
		into, values := `"_key"`, "i"
		for _, c := range columns {
			into, values = into+`, "`+c.name+`"`, values+", "+c.value
		}
		exec(fmt.Sprintf(`INSERT INTO "%s" (%s) `+numbers+`SELECT %s FROM n`, table, into, hostileRows, values), text)
	}
	exec(`UPDATE "vms" SET "description" = ? WHERE "_key" = 1`, strings.Repeat("lorem ipsum ", 200_000))
	if d.name == "postgres" {
		exec("ANALYZE")
	}
}

func (d driver) hostileQuery(t *testing.T, db *store.DB, r query.Request) *store.Query {
	t.Helper()
	ast, err := query.Parse(r)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := query.Build(db.Schema, db.Schema.Table("vms"), ast, query.Options{Now: db.Now()})
	if err != nil {
		t.Fatal(err)
	}
	q, err := db.Render(plan)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func nothing(json.RawMessage, string) error { return nil }

// TestEveryScanEnds runs each of the hostile requests alone, with little time: it is stopped, and the next statement finds a connection.
func TestEveryScanEnds(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		db := d.connect(t, d.place(t), model.Schema())
		fillHostile(t, db, d)
		db.Limits.Scan = 100 * time.Millisecond
		for name, r := range hostile {
			err := db.Each(context.Background(), d.hostileQuery(t, db, r), nothing)
			if e := errs.As(err); e == nil && d.name == "postgres" && err == nil {
				t.Logf("%s: PostgreSQL is faster than that", name)
			} else if e == nil || e.Code != "too_slow" || e.Kind != errs.Invalid {
				t.Errorf("%s ended with %v", name, err)
			}
		}
		if db.Scanning() != 0 {
			t.Error("a turn was lost")
		}
		gone, cancel := context.WithCancel(context.Background())
		cancel()
		if err := db.Each(gone, d.hostileQuery(t, db, hostile["sorted"]), nothing); !errs.Is(err, errs.Unavailable) {
			t.Errorf("a caller who is gone: %v", err)
		}
	})
}

// TestScansLeaveRoom has a crowd of one ordinary user, and one of another, keep all turns taken. Meanwhile whoever reads single rows, or
// writes, is served.
func TestScansLeaveRoom(t *testing.T) {
	onEach(t, func(t *testing.T, d driver) {
		db := d.connect(t, d.place(t), model.Schema())
		fillHostile(t, db, d)
		db.Limits.Scan, db.Limits.Turn = 2*time.Second, 3*time.Second
		var crowd sync.WaitGroup
		ctx, stop := context.WithCancel(context.Background())
		for i := range 3 { // times eleven
			for name, r := range hostile {
				q := d.hostileQuery(t, db, r)
				q.Caller = int64(1 + i%2)
				crowd.Go(func() {
					for ctx.Err() == nil {
						again := *q
						err := db.Each(ctx, &again, nothing)
						if e := errs.As(err); err != nil && (e == nil || e.Kind != errs.Invalid && e.Kind != errs.Unavailable) {
							t.Errorf("%s ended with %v", name, err)
							return
						}
					}
				})
			}
		}
		for served := 1; served <= 30; served++ {
			for db.Scanning() < db.Limits.Scans {
				runtime.Gosched() // they haven't all begun
			}
			found := 0
			one := d.hostileQuery(t, db, query.Request{Key: fmt.Sprint(served), Fields: "name,ram,machine#status#status"})
			if err := db.Each(store.Requested(context.Background()), one, func(json.RawMessage, string) error { found++; return nil }); err != nil || found != 1 {
				t.Fatalf("reading row %d: %d found, %v", served, found, err)
			}
			err := db.Update(store.Requested(context.Background()), func(tx *store.Tx) error {
				_, err := tx.Get("vms", schema.IntValue(int64(served)))
				if err != nil {
					return err
				}
				return tx.Change("vms", schema.IntValue(int64(served)), schema.Set{"ram": schema.IntValue(1024)})
			})
			if err != nil {
				t.Fatalf("writing row %d: %v", served, err)
			}
		}
		stop()
		crowd.Wait()
		if db.Scanning() != 0 {
			t.Error("a turn was lost")
		}
	})
}
