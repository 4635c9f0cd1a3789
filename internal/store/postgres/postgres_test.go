package postgres_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"

	"dewpoint/internal/errs"
	"dewpoint/internal/query/querytest"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres"
	"dewpoint/internal/store/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func open(t testing.TB, dsn string) *store.DB {
	t.Helper()
	db, err := postgres.Open(context.Background(), dsn, querytest.Schema())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// addNode makes a row of a table without rules.
func addNode(ctx context.Context, db *store.DB, name string) (key schema.Value, err error) {
	err = db.Update(ctx, func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table("nodes"))
		r.Put("name", schema.TextValue(name))
		key, err = tx.Insert(r)
		return err
	})
	return key, err
}

// TestRowsThatComeAllAtOnceAreCounted as they come: the server would get to it in a minute or two.
func TestRowsThatComeAllAtOnceAreCounted(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	db := open(t, dsn)
	shape := store.Shape{Name: "nodes", Columns: []store.Column{{Name: "_key", Storage: schema.Integer}, {Name: "name", Storage: schema.Chars}}}
	load := func(l *store.Loader) error {
		err := l.Table(shape)
		for i := range 1000 {
			err = errors.Join(err, l.Row([]schema.Value{schema.IntValue(int64(i)), schema.TextValue(fmt.Sprint(i))}))
		}
		return err
	}
	if err := db.Replace(context.Background(), "aside", load, func(tx *store.Tx) error { return tx.StartOver(map[string]int64{"nodes": 1000}, 0) }); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(context.Background(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var distinct float64 // -1 where each row has another name
	err = conn.QueryRow(context.Background(), `SELECT n_distinct FROM pg_stats WHERE tablename = 'nodes' AND attname = 'name' AND schemaname = current_schema()`).Scan(&distinct)
	if err != nil || distinct != -1 {
		t.Errorf("the planner knows of %v names: %v", distinct, err)
	}
}

func TestManyServersOpenAnEmptyDatabaseAtOnce(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	var group errgroup.Group
	for range 5 {
		group.Go(func() error {
			db, err := postgres.Open(context.Background(), dsn, querytest.Schema())
			if err != nil {
				return err
			}
			return db.Close()
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
}

// TestWritersWaitForEachOther counts in a row from several servers: each reads, then writes one more.
func TestWritersWaitForEachOther(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	servers := []*store.DB{open(t, dsn), open(t, dsn), open(t, dsn)}
	key, err := addNode(context.Background(), servers[0], "n")
	if err != nil {
		t.Fatal(err)
	}
	const times = 20
	var group errgroup.Group
	for _, db := range append(servers, servers...) {
		group.Go(func() error {
			for range times {
				if err := db.Update(context.Background(), func(tx *store.Tx) error {
					r, err := tx.Get("nodes", key)
					if err != nil {
						return err
					}
					return tx.Change("nodes", key, schema.Set{"ram": schema.IntValue(r.Get("ram").Int() + 1)})
				}); err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if err := servers[0].View(context.Background(), func(tx *store.Tx) error {
		r, err := tx.Get("nodes", key)
		if err == nil && r.Get("ram").Int() != 6*times {
			t.Errorf("counted to %d, want %d", r.Get("ram").Int(), 6*times)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// TestViewIsOfOneMoment changes a row between two looks of one transaction.
func TestViewIsOfOneMoment(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.DSN(t))
	if err := db.View(context.Background(), func(tx *store.Tx) error {
		before, err := tx.Count("nodes")
		if err != nil {
			return err
		}
		if _, err := addNode(context.Background(), db, "n"); err != nil {
			return err
		}
		after, err := tx.Count("nodes")
		if before != after {
			t.Errorf("%d rows, then %d", before, after)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestWaitingForAWriterHasALimit(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	slow, hasty := open(t, dsn), open(t, dsn+"&lock_timeout=100ms")
	if err := slow.Update(context.Background(), func(*store.Tx) error {
		_, err := addNode(context.Background(), hasty, "n")
		if !errs.Is(err, errs.Unavailable) {
			t.Errorf("waiting in vain gave %v", err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := addNode(context.Background(), hasty, "n"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// TestCallersThatGoStopTheirStatement cancels a query and finds neither it nor its connection in the way of the next.
func TestCallersThatGoStopTheirStatement(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	db, err := postgres.AttachByOne(dsn, querytest.Schema())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	look, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer look.Close(context.Background())
	each := func(ctx context.Context, text string) error {
		return db.Each(ctx, &store.Query{Text: text}, func(json.RawMessage, string) error { return nil })
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second) // by then it runs: a server that hasn't begun a statement can't stop it
	defer cancel()
	if err := each(ctx, "SELECT pg_sleep(600)::text"); !errs.Is(err, errs.Unavailable) {
		t.Errorf("got %v", err)
	}
	var sleeping int
	next, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := look.QueryRow(next, `SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(600)%' AND state = 'active' AND datname = current_database()`).Scan(&sleeping); err != nil || sleeping > 0 {
		t.Errorf("%d statements go on, %v", sleeping, err)
	}
	if err := each(next, "SELECT '1'"); err != nil {
		t.Error(err)
	}
}

func TestTextsThatTheDatabaseCannotKeep(t *testing.T) {
	t.Parallel()
	db := open(t, pgtest.DSN(t))
	if _, err := addNode(context.Background(), db, "a\x00b"); !errs.Is(err, errs.Invalid) {
		t.Errorf("writing one gave %v", err)
	}
	if err := db.View(context.Background(), func(tx *store.Tx) error {
		n, err := tx.Count("nodes", store.Eq("name", schema.TextValue("a\x00b")))
		if n != 0 {
			t.Errorf("%d rows have it", n)
		}
		return err
	}); err != nil {
		t.Errorf("looking for one gave %v", err)
	}
}

func TestErrorsShowNoPassword(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	_, after, _ := strings.Cut(dsn, "dewpoint:")
	password, _, _ := strings.Cut(after, "@")
	for name, place := range map[string]string{
		"wrong user": strings.Replace(dsn, "dewpoint:", "nobody:", 1),
		"no server":  "postgres://dewpoint:" + password + "@127.0.0.1:1/x",
		"no address": "postgres://dewpoint:" + password + "@127.0.0.1:port/x",
		"no URL":     "postgres://dewpoint:" + password + "@%zz/x?",
		"bad option": dsn + "&sslmode=perhaps",
	} {
		_, err := postgres.Open(context.Background(), place, querytest.Schema())
		if err == nil {
			t.Errorf("%s: opened", name)
			continue
		}
		for e := err; e != nil; e = errors.Unwrap(e) {
			if strings.Contains(fmt.Sprintf("%v %+v", e, e), password) {
				t.Errorf("%s: the password stands in %v", name, e)
			}
		}
	}
}
