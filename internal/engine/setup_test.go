package engine_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"testing"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/event"
	declared "dewpoint/internal/model/access"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/internal/tables"
	"dewpoint/internal/tables/access"
	"dewpoint/test/rig"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// secrets stands where passwords and second factors don't matter.
type secrets struct{ access.Secrets }

func (secrets) NewAPIKey() (key, digest string) { key = rand.Text(); return key, "digest of " + key }

func (secrets) CheckPassword(string, string) error { return nil }

func (secrets) SourceSettings(*schema.Record, string) (declared.AuthSourceSet, error) {
	return declared.AuthSourceSet{}.Settings("{}"), nil
}

func (secrets) HashPassword(context.Context, string) (string, error) { return "hash", nil }

// bench is an engine on a database of its own, with an administrator.
type bench struct {
	t     testing.TB
	db    *store.DB
	eng   *engine.Engine
	admin int64
}

func open(t testing.TB) *bench {
	t.Helper()
	return openOn(t, rig.Database(t, t.TempDir()))
}

// openOn is open on a database of the caller's.
func openOn(t testing.TB, db *store.DB) *bench {
	t.Helper()
	b := &bench{t: t, db: db, eng: engine.New(db, event.New(db), secrets{}, tables.Hooks(tables.Needs{Secrets: secrets{}}), slog.New(slog.NewTextHandler(io.Discard, nil)))}
	b.must(db.Update(context.Background(), func(tx *store.Tx) error {
		u := schema.NewRecord(tx.Schema().Table("users"))
		u.Put("name", schema.TextValue("admin"))
		u.Put("admin", schema.BoolValue(true))
		_, err := tx.Create(u, nil)
		b.admin = u.Key.Int()
		return err
	}))
	b.must(b.eng.Prepare(context.Background()))
	return b
}

func (b *bench) must(err error) {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
}

// as is the context of a user, as a login makes it.
func (b *bench) as(user int64) context.Context {
	a := perm.Actor{User: user, Name: fmt.Sprintf("user %d", user)}
	b.must(b.db.View(context.Background(), func(tx *store.Tx) error {
		u, err := tx.Get("users", schema.IntValue(user))
		if err == nil {
			a.Admin = u.Get("admin").Bool()
		}
		return err
	}))
	return perm.WithActor(context.Background(), a)
}

// row is what a test sends: column → Go value.
type row map[string]any

func (r row) input(t testing.TB) schema.Input {
	t.Helper()
	in := schema.Input{}
	for name, v := range r {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		in[name] = raw
	}
	return in
}

// make makes a row as the administrator and returns its key.
func (b *bench) make(table string, r row) int64 {
	b.t.Helper()
	made, err := b.eng.Create(b.as(b.admin), table, r.input(b.t))
	if err != nil {
		b.t.Fatalf("%s %v: %v", table, r, err)
	}
	return made.Key.Int()
}

func (b *bench) user(name string) int64 {
	b.t.Helper()
	return b.make("users", row{"name": name, "password": "secret"})
}

// identity returns the identity of "users" or "groups" rows.
func (b *bench) identity(table string, key int64) int64 {
	b.t.Helper()
	var id int64
	b.must(b.db.View(context.Background(), func(tx *store.Tx) error {
		r, err := tx.Get(table, schema.IntValue(key))
		if err == nil {
			id = r.Get("identity").Int()
		}
		return err
	}))
	return id
}

// grant gives a user or group the rights on a row, or with 0 on all rows, and returns the permission's key.
func (b *bench) grant(who string, key int64, table string, on int64, rights ...string) int64 {
	b.t.Helper()
	r := row{"identity": b.identity(who, key), "table": table, "row": on}
	for _, right := range perm.All {
		r[right.String()] = slices.Contains(rights, right.String())
	}
	return b.make("permissions", r)
}

// list returns the rows that a user sees, as JSON.
func (b *bench) list(user int64, table string, r query.Request) []string {
	b.t.Helper()
	rows := []string{}
	b.must(b.eng.Query(b.as(user), table, r, func(raw json.RawMessage) error {
		rows = append(rows, string(raw))
		return nil
	}))
	return rows
}

// get reads one row and returns the kind of the error, or "ok".
func (b *bench) get(user int64, table string, key int64) string {
	b.t.Helper()
	return kindOf(b.eng.Query(b.as(user), table, query.Request{Key: fmt.Sprint(key), Fields: "$key"}, func(json.RawMessage) error { return nil }))
}

func kindOf(err error) string {
	if err == nil {
		return "ok"
	}
	return errs.KindOf(err).String()
}

// alter writes columns past all rules.
func (b *bench) alter(table string, key int64, set schema.Set) {
	b.t.Helper()
	b.must(b.db.Update(context.Background(), func(tx *store.Tx) error { return tx.Change(table, schema.IntValue(key), set) }))
}
