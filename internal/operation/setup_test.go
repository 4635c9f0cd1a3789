package operation_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/model/system"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/test/rig"
)

func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		os.Exit(child())
	}
	pgtest.Main(m)
}

var background = context.Background()

// bench is a database with a runner that works until the test ends.
type bench struct {
	*testing.T
	db *store.DB
}

// newBench opens a database and runs the kinds on it.
func newBench(t *testing.T, kinds ...operation.Kind) *bench {
	t.Helper()
	b := &bench{t, rig.Database(t, t.TempDir())}
	t.Cleanup(run(b.db, kinds...))
	return b
}

// run runs the kinds until the function that it returns is called.
func run(db *store.DB, kinds ...operation.Kind) (stop func()) {
	ctx, cancel := context.WithCancel(background)
	var l *loop.Loop
	r := operation.New(db, 1, kinds, func() { l.Wake() }, slog.New(slog.DiscardHandler))
	l = loop.NewQueue(slog.New(slog.DiscardHandler)).Loop(r, time.Hour)
	db.Watch(func([]store.Change) { l.Wake() })
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = l.Run(ctx) // its cause is the stop
		r.Wait()
	}()
	return func() { cancel(); <-ended }
}

// begin asks for an operation about one object.
func (b *bench) begin(p operation.Params) int64 {
	b.Helper()
	var key int64
	b.update(func(tx *store.Tx) (err error) {
		key, err = operation.Begin(tx, operation.Request{Object: "files/7", Creator: "ann", Params: p})
		return err
	})
	return key
}

func (b *bench) update(f func(tx *store.Tx) error) {
	b.Helper()
	if err := b.db.Update(background, f); err != nil {
		b.Fatal(err)
	}
}

func (b *bench) cancel(key int64) {
	b.Helper()
	b.update(func(tx *store.Tx) error { return operation.Cancel(tx, key) })
}

func read(db *store.DB, key int64) (row system.Operation, err error) {
	err = db.View(background, func(tx *store.Tx) (err error) {
		row, err = store.GetRow[system.Operation](tx, schema.IntValue(key))
		return err
	})
	return row, err
}

// wait returns the row once it is as wanted.
func (b *bench) wait(key int64, what string, ok func(system.Operation) bool) system.Operation {
	b.Helper()
	changed := make(chan struct{}, 1)
	b.db.Watch(func([]store.Change) {
		select {
		case changed <- struct{}{}:
		default:
		}
	})
	deadline := time.After(20 * time.Second)
	for {
		row, err := read(b.db, key)
		if err != nil {
			b.Fatal(err)
		}
		if ok(row) {
			return row
		}
		select {
		case <-changed:
		case <-deadline:
			b.Fatalf("operation %d is never %s: %+v", key, what, row)
		}
	}
}

func (b *bench) waitStatus(key int64, status string) system.Operation {
	b.Helper()
	return b.wait(key, status, func(row system.Operation) bool { return row.Status == status })
}

func (b *bench) waitEnd(key int64) system.Operation {
	b.Helper()
	return b.wait(key, "ended", func(row system.Operation) bool { return row.Ended != 0 })
}

// tower is the params of a kind that lays five stones into a folder, one a step.
type tower struct {
	Dir    string
	Fail   bool // at the last step
	Beside bool // another one may be built
	Stones []string
}

// Operation implements operation.Params.
func (tower) Operation() string { return "tower" }

// stones is how many steps a tower has.
const stones = 5

// towerOf declares the kind. At is called at each point of the work, with the folder and the point's name.
func towerOf(at func(dir, point string)) operation.Kind {
	spec := operation.Spec[tower]{AtOnce: 1, Together: func(p tower) bool { return p.Beside }}
	for i := range stones {
		spec.Steps = append(spec.Steps, stoneOf(i, at))
	}
	return operation.Define(spec)
}

func stoneOf(i int, tell func(dir, point string)) operation.Step[tower] {
	name := fmt.Sprintf("stone %d", i)
	at := func(r *operation.Run[tower], moment string) { tell(r.Params.Dir, name+" "+moment) }
	file := func(r *operation.Run[tower]) string { return filepath.Join(r.Params.Dir, fmt.Sprint(i)) }
	return operation.Step[tower]{
		Name: name,
		Do: func(_ context.Context, r *operation.Run[tower]) (operation.Commit, error) {
			at(r, "begins")
			if err := os.WriteFile(file(r), nil, 0o600); err != nil {
				return nil, err
			}
			at(r, "lies")
			if r.Params.Fail && i == stones-1 {
				return nil, fmt.Errorf("no more stones")
			}
			r.Params.Stones = append(r.Params.Stones, name)
			return func(tx *store.Tx) error {
				_, err := store.Insert(tx, system.LogSet{}.Text(r.Params.Dir+" "+name))
				at(r, "is written")
				return err
			}, nil
		},
		Undo: func(_ context.Context, r *operation.Run[tower]) error {
			at(r, "is lifted")
			if err := os.Remove(file(r)); err != nil && !os.IsNotExist(err) {
				return err
			}
			at(r, "is gone")
			return nil
		},
	}
}

// lying returns the stones in the folder.
func lying(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return strings.Join(names, " ")
}

// facts returns the stones of a folder that the database knows of, in the order in which it was told.
func facts(t *testing.T, db *store.DB, dir string) string {
	t.Helper()
	var told []string
	if err := db.View(background, func(tx *store.Tx) error {
		rows, err := store.FindRows[system.Log](tx)
		for _, row := range rows {
			if stone, ours := strings.CutPrefix(row.Text, dir+" stone "); ours {
				told = append(told, stone)
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return strings.Join(told, " ")
}
