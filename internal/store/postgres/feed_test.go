package postgres_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"

	"dewpoint/internal/errs"
	"dewpoint/internal/query/querytest"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres/pgtest"
)

// listener notes what one server's watchers hear.
type listener struct {
	mu    sync.Mutex
	heard [][]string // one entry per call: table, verb and key of each change
}

func listen(db *store.DB) *listener {
	l := &listener{}
	db.Watch(func(changes []store.Change) {
		l.mu.Lock()
		defer l.mu.Unlock()
		var all []string
		for _, c := range changes {
			all = append(all, fmt.Sprint(c.Table.Name, " ", c.Verb, " ", c.Key.Any()))
		}
		l.heard = append(l.heard, all)
	})
	return l
}

func (l *listener) all() [][]string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.heard)
}

// await polls until what was heard is as wanted.
func (l *listener) await(t *testing.T, what string, is func([][]string) bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !is(l.all()); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: heard %.500v", what, l.all())
		}
	}
}

// TestAllServersHearAllCommitsInTheirOrder writes from several servers at once. Keys are given out in the order of the commits.
func TestAllServersHearAllCommitsInTheirOrder(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	const servers, times = 3, 30
	var dbs []*store.DB
	var listeners []*listener
	for range servers {
		dbs = append(dbs, open(t, dsn))
		listeners = append(listeners, listen(dbs[len(dbs)-1]))
	}
	var group errgroup.Group
	for i, db := range dbs {
		l := listeners[i]
		group.Go(func() error {
			for range times {
				key, err := addNode(context.Background(), db, "n")
				if err != nil {
					return err
				}
				if own := []string{fmt.Sprint("nodes 0 ", key.Any())}; !slices.ContainsFunc(l.all(), func(h []string) bool { return slices.Equal(h, own) }) {
					return fmt.Errorf("Update returned before %v was told", own)
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	var want [][]string
	for key := range servers * times {
		want = append(want, []string{fmt.Sprint("nodes 0 ", key+1)})
	}
	for _, l := range listeners {
		l.await(t, "all commits", func(h [][]string) bool { return len(h) >= len(want) })
		if d := cmp.Diff(want, l.all()); d != "" {
			t.Errorf("heard in another order:\n%s", d)
		}
	}
}

// TestLargeTransactions are told whole, however many notifications that takes, or by table when they are huge.
func TestLargeTransactions(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	db, other := open(t, dsn), open(t, dsn)
	l := listen(other)
	touch := func(n int) (want []string) {
		t.Helper()
		if err := db.Update(context.Background(), func(tx *store.Tx) error {
			for i := range n {
				tx.Touch("nodes", schema.IntValue(int64(i)<<40))
				tx.Touch("settings", schema.TextValue(fmt.Sprintf("clé\n\"%d", i)))
				want = append(want, fmt.Sprint("nodes 1 ", int64(i)<<40), fmt.Sprintf("settings 1 clé\n\"%d", i))
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		return want
	}
	want := [][]string{touch(1500)}
	touch(20_000)
	want = append(want, []string{"nodes 1 <nil>", "settings 1 <nil>"})
	l.await(t, "both", func(h [][]string) bool { return len(h) >= 2 })
	if d := cmp.Diff(want, l.all()); d != "" {
		t.Error(d)
	}
}

// TestLostConnectionsAreMadeUpFor cuts all connections: afterwards the watchers know that they may have missed something, and hear again.
func TestLostConnectionsAreMadeUpFor(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	db, other := open(t, dsn), open(t, dsn)
	l := listen(other)
	var anew []string
	for _, table := range querytest.Schema().Tables() {
		anew = append(anew, table.Name+" 1 <nil>")
	}
	for round := range 3 {
		before := len(l.all())
		pgtest.Disconnect(t, dsn)
		l.await(t, "what was missed", func(h [][]string) bool {
			return slices.ContainsFunc(h[before:], func(h []string) bool { return slices.Equal(h, anew) })
		})
		var key schema.Value
		for end := time.Now().Add(20 * time.Second); ; {
			var err error
			if key, err = addNode(context.Background(), db, "n"); err == nil {
				break
			}
			if !errs.Is(err, errs.Unavailable) || time.Now().After(end) {
				t.Fatalf("round %d: %v", round, err)
			}
		}
		want := []string{fmt.Sprint("nodes 0 ", key.Any())}
		l.await(t, "the next commit", func(h [][]string) bool {
			return slices.ContainsFunc(h, func(h []string) bool { return slices.Equal(h, want) })
		})
	}
}

// TestAWriterThatIsCutOffLeavesNothing ends a transaction's connection before its commit.
func TestAWriterThatIsCutOffLeavesNothing(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	db := open(t, dsn)
	l := listen(db)
	err := db.Update(context.Background(), func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table("nodes"))
		if _, err := tx.Insert(r); err != nil {
			return err
		}
		pgtest.Disconnect(t, dsn)
		return nil
	})
	if !errs.Is(err, errs.Unavailable) {
		t.Errorf("the commit gave %v", err)
	}
	if err := db.View(context.Background(), func(tx *store.Tx) error {
		n, err := tx.Count("nodes")
		if n != 0 {
			t.Errorf("%d rows", n)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
	for _, h := range l.all() {
		if slices.Contains(h, "nodes 0 1") {
			t.Errorf("heard %v", h)
		}
	}
}
