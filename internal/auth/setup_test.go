package auth_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"dewpoint/internal/auth"
	"dewpoint/internal/errs"
	"dewpoint/internal/model"
	"dewpoint/internal/model/access"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/test/rig"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// bench is a service over an empty database, with a clock that the test moves.
type bench struct {
	testing.TB
	*auth.Service
	db      *store.DB
	dir     string // of the database and the secret
	elapsed *atomic.Int64
	jumped  *atomic.Int64 // what of it didn't pass: the clock was set
}

var start = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func newBench(t testing.TB) *bench {
	t.Helper()
	dir := t.TempDir()
	db := rig.Database(t, dir)
	s, err := auth.New(context.Background(), db, dir, passwordOf(db))
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{TB: t, Service: s, db: db, dir: dir, elapsed: new(atomic.Int64), jumped: new(atomic.Int64)}
	s.SetClock(b.clocks())
	return b
}

// passwordOf is that by which servers come to the database: they share their key by it.
func passwordOf(db *store.DB) string {
	if db.Shared() {
		return "the database's"
	}
	return ""
}

// newPair is two servers on one database, with one clock.
func newPair(t testing.TB) (one, two *bench) {
	t.Helper()
	dsn, elapsed, jumped := pgtest.DSN(t), new(atomic.Int64), new(atomic.Int64)
	make := func() *bench {
		db, err := postgres.Open(context.Background(), dsn, model.Schema())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		b := &bench{TB: t, db: db, dir: t.TempDir(), elapsed: elapsed, jumped: jumped}
		if b.Service, err = auth.New(context.Background(), db, b.dir, passwordOf(db)); err != nil {
			t.Fatal(err)
		}
		b.SetClock(b.clocks())
		return b
	}
	return make(), make()
}

func (b *bench) pass(d time.Duration) { b.elapsed.Add(int64(d)) }

// jump sets the clock by so much; no time passes.
func (b *bench) jump(d time.Duration) {
	b.elapsed.Add(int64(d))
	b.jumped.Add(int64(d))
}

// clocks are the clock of the server, and what it would be if nobody had set it.
func (b *bench) clocks() (now, steady func() time.Time) {
	now = func() time.Time { return start.Add(time.Duration(b.elapsed.Load())) }
	return now, func() time.Time { return now().Add(-time.Duration(b.jumped.Load())) }
}

func (b *bench) update(f func(*store.Tx) error) {
	b.Helper()
	if err := b.db.Update(context.Background(), f); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) change(table string, key int64, set schema.Set) {
	b.Helper()
	b.update(func(tx *store.Tx) error { return tx.Change(table, schema.IntValue(key), set) })
}

func (b *bench) create(table string, set schema.Set) (key int64) {
	b.Helper()
	b.update(func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table(table))
		for name, v := range set {
			r.Put(name, v)
		}
		k, err := tx.Create(r, nil)
		key = k.Int()
		return err
	})
	return key
}

func (b *bench) user(name, password string) access.User {
	b.Helper()
	key := b.create("users", schema.Set{"name": schema.TextValue(name), "password": schema.TextValue(auth.CheapDigest(password))})
	return b.readUser(key)
}

func (b *bench) readUser(key int64) (u access.User) {
	b.Helper()
	err := b.db.View(context.Background(), func(tx *store.Tx) (err error) {
		u, err = store.GetRow[access.User](tx, schema.IntValue(key))
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return u
}

// from makes a request from address with one header, which may be none.
func from(address, header, value string) *http.Request {
	r := httptest.NewRequest("GET", "/api/v4/vms", nil)
	r.RemoteAddr = address + ":40000"
	if header != "" {
		r.Header.Set(header, value)
	}
	return r
}

// login logs in without a code.
func (b *bench) login(name, password, address string) (access.User, error) {
	return b.Login(context.Background(), auth.Attempt{Name: name, Password: password, Address: address})
}

func bearer(token string) *http.Request {
	return from("192.0.2.1", "Authorization", "Bearer "+token)
}

func (b *bench) accepts(what string, r *http.Request) perm.Actor {
	b.Helper()
	a, err := b.Authenticate(context.Background(), r, http.Header{})
	if err != nil {
		b.Errorf("%s: %v", what, err)
	}
	return a
}

func (b *bench) refuses(what, code string, r *http.Request) {
	b.Helper()
	a, err := b.Authenticate(context.Background(), r, http.Header{})
	if e := errs.As(err); e == nil || e.Kind != errs.Unauthenticated || e.Code != code {
		b.Errorf("%s: got %+v, %v; want it refused as %s", what, a, err, code)
	}
}
