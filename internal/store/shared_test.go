package store_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/sqlite"
)

// sharing is a database with a table of words, no two alike.
func sharing(t *testing.T) (db *store.DB, path string) {
	t.Helper()
	s, err := schema.New(&schema.Table{Name: "words", Fields: schema.Fields{schema.String("word").Unique()}})
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "dewpoint.db")
	if db, err = sqlite.Open(context.Background(), path, s); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db, path
}

func say(db *store.DB, word string) func(tx *store.Tx) error {
	return func(tx *store.Tx) error {
		r := schema.NewRecord(db.Schema.Table("words"))
		r.Put("word", schema.TextValue(word))
		_, err := tx.Insert(r)
		return err
	}
}

// said are the words in the order of their keys.
func said(t *testing.T, db *store.DB) (words []string) {
	t.Helper()
	if err := db.View(context.Background(), func(tx *store.Tx) error {
		found, err := tx.Find("words")
		for _, r := range found {
			words = append(words, r.Get("word").Text())
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return words
}

// crowded has writers wait for a first one, in their order, and then lets it go. It returns what became of each, that of the first in front.
func crowded(db *store.DB, first func(*store.Tx) error, others ...func() error) []error {
	var work sync.WaitGroup
	results := make([]error, 1+len(others))
	began, goOn := make(chan struct{}), make(chan struct{})
	work.Go(func() {
		results[0] = db.Update(context.Background(), func(tx *store.Tx) error {
			close(began)
			<-goOn
			return first(tx)
		})
	})
	<-began
	for i, other := range others {
		work.Go(func() { results[i+1] = other() })
		for db.Waiting() <= i {
		}
	}
	close(goOn)
	work.Wait()
	return results
}

// commits counts the frames of a journal that end a transaction (https://sqlite.org/fileformat2.html, the WAL file format).
func commits(t *testing.T, path string) (n int) {
	t.Helper()
	const head, frameHead = 32, 24
	b, err := os.ReadFile(path + "-wal")
	if err != nil || len(b) < head {
		t.Fatal(len(b), err)
	}
	page := int(binary.BigEndian.Uint32(b[8:]))
	for at := head; at+frameHead+page <= len(b); at += frameHead + page {
		if binary.BigEndian.Uint32(b[at+4:]) != 0 {
			n++
		}
	}
	return n
}

// TestWritersShareACommit: those that wait for a writer are written with it, in their order, and each is told by itself.
func TestWritersShareACommit(t *testing.T) {
	t.Parallel()
	db, path := sharing(t)
	var told []int
	db.Watch(func(changes []store.Change) { told = append(told, len(changes)) })
	before := commits(t, path)
	var others []func() error
	want := []string{"first"}
	for i := range 10 {
		word := fmt.Sprint("other ", i)
		want = append(want, word)
		others = append(others, func() error { return db.Update(context.Background(), say(db, word)) })
	}
	if err := errors.Join(crowded(db, say(db, "first"), others...)...); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, said(t, db)); d != "" {
		t.Error(d)
	}
	if got := commits(t, path) - before; got != 1 {
		t.Errorf("%d commits, want one", got)
	}
	if d := cmp.Diff([]int{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, told); d != "" {
		t.Errorf("told of (-want +got):\n%s", d)
	}
}

// TestOnePartFails: what fails in a shared transaction leaves nothing behind, and the others whole.
func TestOnePartFails(t *testing.T) {
	t.Parallel()
	db, _ := sharing(t)
	left, leave := context.WithCancel(context.Background())
	update := func(f func(*store.Tx) error) func() error {
		return func() error { return db.Update(context.Background(), f) }
	}
	failed := errors.New("no")
	results := crowded(db, say(db, "first"),
		update(func(tx *store.Tx) error { return errors.Join(say(db, "half-made")(tx), failed) }),
		update(say(db, "second")),
		update(say(db, "first")),
		func() (err error) {
			defer func() { err = fmt.Errorf("panic: %v", recover()) }()
			return db.Update(context.Background(), func(tx *store.Tx) error { _ = say(db, "cried")(tx); panic("ouch") })
		},
		func() error { return db.DryRun(context.Background(), say(db, "tried")) },
		update(func(*store.Tx) error { leave(); return nil }),
		func() error { return db.Update(left, say(db, "left")) },
		update(say(db, "third")),
	)
	want := []string{"first", "second", "third"}
	if results[7] == nil { // whether a caller that has left is heard before or after is left open
		want = []string{"first", "second", "left", "third"}
	}
	if d := cmp.Diff(want, said(t, db)); d != "" {
		t.Error(d)
	}
	if !errors.Is(results[1], failed) || !errs.Is(results[3], errs.Conflict) || fmt.Sprint(results[4]) != "panic: ouch" {
		t.Error(results)
	}
	for _, whole := range []int{0, 2, 5, 6, 8} {
		if results[whole] != nil {
			t.Errorf("writer %d: %v", whole, results[whole])
		}
	}
}

// TestFirstPartFails: those behind a writer that fails are written all the same.
func TestFirstPartFails(t *testing.T) {
	t.Parallel()
	db, _ := sharing(t)
	failed := errors.New("no")
	results := crowded(db, func(tx *store.Tx) error { return errors.Join(say(db, "half-made")(tx), failed) },
		func() error { return db.Update(context.Background(), say(db, "second")) },
		func() error { return db.Update(context.Background(), say(db, "third")) })
	if d := cmp.Diff([]string{"second", "third"}, said(t, db)); d != "" || !errors.Is(results[0], failed) || results[1] != nil || results[2] != nil {
		t.Error(d, results)
	}
}
