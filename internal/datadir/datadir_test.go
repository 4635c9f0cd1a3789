package datadir_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dewpoint/internal/datadir"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/test/rig"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childOf); dir != "" {
		adoptAndDie(dir)
	}
	pgtest.Main(m)
}

var background = context.Background()

// place is a data directory with a database, which is in PostgreSQL if the environment says so.
type place struct {
	t   *testing.T
	dir string
	db  *store.DB
}

func newPlace(t *testing.T) *place {
	t.Helper()
	dir := t.TempDir()
	return &place{t, dir, rig.Database(t, dir)}
}

func (p *place) open(adopt bool) (*datadir.Dir, error) {
	return datadir.Open(background, datadir.Config{
		Path: p.dir, DB: p.db, Where: "the database", Adopt: adopt, Log: slog.New(slog.DiscardHandler),
	})
}

// start does what a server does at its start.
func (p *place) start(adopt bool) (*datadir.Dir, error) {
	d, err := p.open(adopt)
	if err != nil {
		return nil, err
	}
	if err := p.db.Update(background, func(tx *store.Tx) error {
		found, err := tx.Find("system")
		if err != nil || len(found) > 0 {
			return err
		}
		_, err = tx.Create(record(tx, "system", schema.Set{"instance": schema.TextValue("00a1")}), nil)
		return err
	}); err != nil {
		return nil, err
	}
	p.file("instance", p.system().Instance)
	return d, d.Settle(background)
}

func (p *place) mustStart(adopt bool) *datadir.Dir {
	p.t.Helper()
	d, err := p.start(adopt)
	if err != nil {
		p.t.Fatal(err)
	}
	return d
}

// refused starts, and wants that to be refused in words, with nothing changed.
func (p *place) refused(word string) {
	p.t.Helper()
	before := p.mark()
	_, err := p.start(false)
	var mismatch *datadir.Mismatch
	if !errors.As(err, &mismatch) || !strings.Contains(err.Error(), word) || !strings.Contains(err.Error(), "--adopt") {
		p.t.Fatalf("got %v, want a refusal with %q that names the ways out", err, word)
	}
	if after := p.mark(); after != before {
		p.t.Errorf("the mark was %s, and is %s", before, after)
	}
}

func (p *place) mark() string {
	text, err := os.ReadFile(filepath.Join(p.dir, "generation"))
	if err != nil {
		return ""
	}
	return string(text)
}

func (p *place) file(name, text string) {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o600)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) system() (row system.System) {
	p.t.Helper()
	err := p.db.View(background, func(tx *store.Tx) error {
		rows, err := store.FindRows[system.System](tx)
		if err == nil && len(rows) > 0 {
			row = rows[0]
		}
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return row
}

func record(tx *store.Tx, table string, set schema.Set) *schema.Record {
	r := schema.NewRecord(tx.Schema().Table(table))
	r.PutAll(set)
	return r
}

// add makes a cluster and returns its key.
func (p *place) add(name string) (key int64) {
	p.t.Helper()
	if err := p.db.Update(background, func(tx *store.Tx) error {
		k, err := tx.Create(record(tx, "clusters", schema.Set{"name": schema.TextValue(name)}), nil)
		key = k.Int()
		return err
	}); err != nil {
		p.t.Fatal(err)
	}
	return key
}

// emptied gives the place a new database.
func (p *place) emptied() {
	p.t.Helper()
	if p.db.Shared() {
		p.db = rig.Database(p.t, p.dir)
		return
	}
	p.db.Close()
	for _, ending := range []string{"", "-wal", "-shm"} {
		os.Remove(filepath.Join(p.dir, datadir.DatabaseFile+ending))
	}
	if err := datadir.FindDatabase(p.dir); err == nil {
		p.t.Error("that the database's file is missing was not noticed")
	}
	p.db = rig.Database(p.t, p.dir)
}

// older makes the directory know of more than the database has, as after an older copy of the database was put back.
func (p *place) older() {
	p.t.Helper()
	m, err := datadir.ReadMark(p.dir)
	if err != nil || m == nil {
		p.t.Fatal(m, err)
	}
	p.file("generation", strings.Replace(p.mark(), `"generation":`, `"generation":9`, 1))
}

func TestAFittingPairStarts(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.mustStart(false)
	p.add("a")
	p.mustStart(false) // the directory is behind: a crash
	if m, err := datadir.ReadMark(p.dir); err != nil || m.Numbers["clusters"] != 1 || m.Instance != "00a1" || m.Generation == 0 {
		t.Errorf("the mark is %+v, %v", m, err)
	}
}

// TestAVersionWithoutMarksIsUpgraded takes the mark away, and what the database knows of it.
func TestAVersionWithoutMarksIsUpgraded(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.mustStart(false)
	p.file("files/1", "bytes")
	os.Remove(filepath.Join(p.dir, "generation"))
	if err := p.db.Update(background, func(tx *store.Tx) error {
		return tx.Change("system", schema.IntValue(p.system().Key), schema.Set{"lineage": schema.Value{}})
	}); err != nil {
		t.Fatal(err)
	}
	p.mustStart(false)
	if p.mark() == "" || p.system().Lineage == "" {
		t.Errorf("the mark is %q, the lineage %q", p.mark(), p.system().Lineage)
	}
}

func TestMismatchesAreRefusedAndAdopted(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(*place)
		word  string
		lost  bool // the rows
	}{
		"empty":                      {(*place).emptied, "is empty", true},
		"empty, and a bare mark":     {func(p *place) { p.emptied(); os.RemoveAll(filepath.Join(p.dir, "files")) }, "is empty", true},
		"empty, of an older version": {func(p *place) { p.emptied(); os.Remove(filepath.Join(p.dir, "generation")) }, "is empty", true},
		"older":                      {(*place).older, "older", false},
		"another lineage": {func(p *place) {
			p.file("generation", strings.Replace(p.mark(), `"lineage":"`, `"lineage":"x`, 1))
		}, "different ways", false},
		"another installation": {func(p *place) {
			p.file("generation", strings.Replace(p.mark(), `"instance":"00a1"`, `"instance":"00b2"`, 1))
		}, "installation 00a1", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			p.mustStart(false)
			key := p.add("before")
			p.file("files/7000", "bytes")
			p.mustStart(false)
			test.spoil(p)
			p.refused(test.word)
			p.mustStart(true)
			p.mustStart(false)
			if got := p.add("after"); got <= max(key, 7000) {
				t.Errorf("key %d was given, and may have been given before", got)
			}
			if test.lost && p.system().Instance != "00a1" {
				t.Errorf("the instance is %q: things on the host have another one's mark", p.system().Instance)
			}
			if _, err := os.Stat(filepath.Join(p.dir, "files/7000")); err != nil && !strings.Contains(name, "bare") {
				t.Error(err)
			}
		})
	}
}

// TestAdoptionEndsFeeds looks whether who followed the lost database is told that there may be gaps.
func TestAdoptionEndsFeeds(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.mustStart(false)
	p.add("a")
	seen, err := p.db.LastChange(background)
	if err != nil {
		t.Fatal(err)
	}
	p.older()
	p.mustStart(true)
	for _, seq := range []int64{0, seen, seen + 1} {
		if _, err := p.db.ChangesSince(background, seq, 10); !errs.Is(err, errs.NotFound) {
			t.Errorf("the log reaches back to %d: %v", seq, err)
		}
	}
}

// TestAdoptionThatWasKilled ends an adoption before its mark: the server has to be told again.
func TestAdoptionThatWasKilled(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.mustStart(false)
	p.older()
	before := p.mark()
	if _, err := p.open(true); err != nil {
		t.Fatal(err)
	}
	p.file("generation", before)
	p.refused("different ways")
	p.mustStart(true)
	p.mustStart(false)
}

// TestAdoptingAFittingPairDoesNothing is for a unit that was left with --adopt.
func TestAdoptingAFittingPairDoesNothing(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.mustStart(false)
	lineage := p.system().Lineage
	p.mustStart(true)
	if got := p.system().Lineage; got != lineage {
		t.Errorf("the lineage was %s and is %s", lineage, got)
	}
}

// TestRunMarks commits, and waits until the directory knows.
func TestRunMarks(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	d := p.mustStart(false)
	ctx, cancel := context.WithCancel(background)
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	p.add("a")
	cancel()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	p.add("b")
	d.Close()
	last, err := p.db.LastChange(background)
	if m, _ := datadir.ReadMark(p.dir); err != nil || m.Generation != last {
		t.Errorf("the mark is at %d, the database at %d, %v", m.Generation, last, err)
	}
}
