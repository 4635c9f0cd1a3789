package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"dewpoint/internal/errs"
	"dewpoint/internal/store/postgres/pgtest"
)

// heardOf reports whether a listener has heard that a node was made, or that any may have been.
func heardOf(heard [][]string, key string) bool {
	return slices.ContainsFunc(heard, func(h []string) bool {
		return slices.Contains(h, "nodes 0 "+key) || slices.Contains(h, "nodes 1 <nil>")
	})
}

// TestSyncHearsAllThatWasAcknowledged writes through one server and has another catch up, several times at once.
func TestSyncHearsAllThatWasAcknowledged(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	db, other := open(t, dsn), open(t, dsn)
	l := listen(other)
	ctx := context.Background()
	var group errgroup.Group
	for range 4 {
		group.Go(func() error {
			for range 50 {
				key, err := addNode(ctx, db, "n")
				if err != nil {
					return err
				}
				if err := other.Sync(ctx); err != nil {
					return err
				}
				if !heardOf(l.all(), key.Text()) {
					return fmt.Errorf("the watchers don't know of node %s", key.Text())
				}
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
	for _, h := range l.all() {
		if slices.Contains(h, "nodes 1 <nil>") {
			t.Error("news came so late that it was made up for")
			break
		}
	}
}

// TestSyncWithoutNews cuts the connection on which news come, again and again: who catches up is told all the same.
func TestSyncWithoutNews(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	db, other := open(t, dsn), open(t, dsn)
	l := listen(other)
	ctx := context.Background()
	for round := range 20 {
		pgtest.Disconnect(t, dsn)
		var key string
		var before int
		retry(t, func() error {
			before = len(l.all())
			k, err := addNode(ctx, db, "n")
			key = k.Text()
			return err
		})
		retry(t, func() error { return other.Sync(ctx) })
		if heard := l.all()[before:]; !heardOf(heard, key) {
			t.Fatalf("round %d: the watchers don't know of node %s: %v", round, key, heard)
		}
	}
}

// retry repeats what fails because connections were cut.
func retry(t *testing.T, f func() error) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; {
		err := f()
		if err == nil {
			return
		}
		if !errs.Is(err, errs.Unavailable) || time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

// TestSyncWithoutADatabase must not tell callers that they know everything.
func TestSyncWithoutADatabase(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	db := open(t, server.DSN())
	if err := db.Sync(context.Background()); err != nil {
		t.Fatal(err)
	}
	server.Stop()
	if err := db.Sync(context.Background()); !errs.Is(err, errs.Unavailable) {
		t.Errorf("without a database: %v", err)
	}
	server.Restart(t)
	retry(t, func() error { return db.Sync(context.Background()) })
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := db.Sync(ctx); err != nil && !errs.Is(err, errs.Unavailable) {
		t.Errorf("a caller that has gone: %v", err)
	}
}

// TestHoldLetsOneRun has three servers want the same, ends who has it, and cuts connections: never do two run.
func TestHoldLetsOneRun(t *testing.T) {
	t.Parallel()
	dsn := pgtest.DSN(t)
	running, begun, waiting := make(chan struct{}, 1), make(chan context.CancelFunc, 3), make(chan struct{}, 100)
	all, stop := context.WithCancel(context.Background())
	defer stop()
	var group errgroup.Group
	for range 3 {
		db := open(t, dsn)
		ctx, end := context.WithCancel(all)
		group.Go(func() error {
			err := db.Hold(ctx, "it", func() { waiting <- struct{}{} }, func(ctx context.Context) error {
				select {
				case running <- struct{}{}:
				default:
					t.Error("two run at once")
				}
				begun <- end
				<-ctx.Done()
				<-running
				return context.Cause(ctx)
			})
			if !errors.Is(err, context.Canceled) {
				return fmt.Errorf("it ended by %w", err)
			}
			return nil
		})
	}
	first := <-begun
	<-waiting
	<-waiting
	pgtest.Disconnect(t, dsn) // whoever is fastest has it
	select {
	case first = <-begun:
	case <-time.After(10 * time.Second):
	}
	first()
	<-begun
	stop()
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}

func BenchmarkSync(b *testing.B) {
	db := open(b, pgtest.DSN(b))
	for _, parallel := range []int{1, 32} {
		b.Run(fmt.Sprint("callers=", parallel), func(b *testing.B) {
			b.SetParallelism(parallel)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if err := db.Sync(context.Background()); err != nil {
						b.Error(err)
						return
					}
				}
			})
		})
	}
}
