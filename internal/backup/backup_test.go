package backup

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/datadir"
	"dewpoint/internal/errs"
	"dewpoint/internal/model"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/internal/store/sqlite"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var background = context.Background()

// onSQLite and onPostgres make empty places.
func onSQLite(t *testing.T) Place { return Place{Dir: t.TempDir(), Version: "test"} }

func onPostgres(t *testing.T) Place {
	return Place{Dir: t.TempDir(), Database: pgtest.DSN(t), Version: "test"}
}

// open opens the database of a place as a server does.
func (p Place) open(t *testing.T) *store.DB {
	t.Helper()
	var db *store.DB
	var err error
	if p.Database != "" {
		db, err = postgres.Open(background, p.Database, model.Schema())
	} else {
		db, err = sqlite.Open(background, p.sqliteFile(), model.Schema())
	}
	if err != nil {
		t.Fatal(err)
	}
	return db
}

// with opens the database for f alone.
func (p Place) with(t *testing.T, f func(*store.DB)) {
	t.Helper()
	db := p.open(t)
	defer db.Close()
	f(db)
}

// start does what a server does at its start; the error is that of the directory and the database.
func (p Place) start(t *testing.T) error {
	t.Helper()
	if p.Database == "" {
		if err := datadir.FindDatabase(p.Dir); err != nil {
			return err
		}
	}
	db := p.open(t)
	defer db.Close()
	d, err := datadir.Open(background, datadir.Config{Path: p.Dir, DB: db, Where: "the database", Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	if err := db.Update(background, func(tx *store.Tx) error {
		found, err := tx.Find("system")
		if err != nil || len(found) > 0 {
			return err
		}
		return put(tx, "system", schema.Set{"instance": schema.TextValue("00a1")})
	}); err != nil {
		return err
	}
	return d.Settle(background)
}

func put(tx *store.Tx, table string, set schema.Set) error {
	r := schema.NewRecord(tx.Schema().Table(table))
	for name, v := range set {
		if name == "key" { // of a table whose rows are called by names
			r.Key = v
			continue
		}
		r.Put(name, v)
	}
	_, err := tx.Create(r, nil)
	return err
}

// odd are texts that a writer of lines, or a database, might get wrong.
var odd = []string{"plain", "line\nend", `"quoted" \ and 'single'`, "ü 漢 🙂", "<b>&amp;</b>", "[1,2]", "\u2028"}

// fill makes a used place: rows of several kinds of keys, a tombstone, nulls, numbers that don't fit a float, reals, and keys.
func fill(t *testing.T, p Place) {
	t.Helper()
	for name, text := range map[string]string{"secret": strings.Repeat("k", 32), "server-id": strings.Repeat("ab", 16) + "\n", "tls.pem": "PEM"} {
		if err := os.WriteFile(filepath.Join(p.Dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.start(t); err != nil {
		t.Fatal(err)
	}
	p.with(t, func(db *store.DB) {
		if err := db.Update(background, func(tx *store.Tx) error {
			for i, text := range odd {
				if err := errors.Join(
					put(tx, "clusters", schema.Set{"name": schema.TextValue(fmt.Sprint("c", i)), "description": schema.TextValue(text), "cost_per_unit": schema.RealValue(0.1)}),
					put(tx, "settings", schema.Set{"key": schema.TextValue(fmt.Sprint("s", i)), "value": schema.TextValue(text)}),
					put(tx, "files", schema.Set{"name": schema.TextValue(text), "uuid": schema.TextValue(fmt.Sprint(i)), "allocated_bytes": schema.IntValue(1<<62 + 1)}),
				); err != nil {
					return err
				}
			}
			return tx.Delete("files", schema.IntValue(2))
		}); err != nil {
			t.Fatal(err)
		}
	})
	if err := p.start(t); err != nil { // and stop: the mark
		t.Fatal(err)
	}
}

// dump writes down all rows but what a restore changes: the lineage, who the keeper is, and the line of the log that tells of it.
func dump(t *testing.T, p Place) map[string][]string {
	t.Helper()
	rows := map[string][]string{}
	p.with(t, func(db *store.DB) {
		if err := db.View(background, func(tx *store.Tx) error {
			shapes, err := tx.Shapes()
			if err != nil {
				return err
			}
			for _, s := range shapes {
				if err := tx.Rows(s, func(cells []schema.Value) error {
					var row []string
					for i, c := range s.Columns {
						if c.Name != "lineage" && c.Name != "keeper" {
							row = append(row, c.Name+"="+fmt.Sprintf("%q", cells[i].Text()))
						}
					}
					if s.Name != "logs" || !strings.Contains(strings.Join(row, " "), "restored the database") {
						rows[s.Name] = append(rows[s.Name], strings.Join(row, " "))
					}
					return nil
				}); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	})
	return rows
}

// backedUp fills a place and writes a backup of it.
func backedUp(t *testing.T, p Place, passphrase string) (path string) {
	t.Helper()
	fill(t, p)
	path = filepath.Join(t.TempDir(), "b")
	m, err := p.Backup(background, path, passphrase)
	if err != nil || m.Instance != "00a1" || m.Lineage == "" || m.Numbers["clusters"] != int64(len(odd)) {
		t.Fatalf("%+v, %v", m, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has the mode %v, %v", info.Mode(), err)
	}
	return path
}

// TestRestoreFromEachKindToEach restores into new places and finds every row, and that a server starts there.
func TestRestoreFromEachKindToEach(t *testing.T) {
	t.Parallel()
	kinds := map[string]func(*testing.T) Place{"sqlite": onSQLite, "postgres": onPostgres}
	for from, source := range kinds {
		for to, target := range kinds {
			t.Run(from+" to "+to, func(t *testing.T) {
				t.Parallel()
				was := source(t)
				path := backedUp(t, was, "open sesame")
				p := target(t)
				if _, err := p.Restore(background, path, "open sesame"); err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(dump(t, was), dump(t, p)); d != "" {
					t.Errorf("rows (-was +restored):\n%s", d)
				}
				for _, name := range []string{"secret", "server-id", "tls.pem"} {
					a, _ := os.ReadFile(filepath.Join(was.Dir, name))
					if b, err := os.ReadFile(filepath.Join(p.Dir, name)); !bytes.Equal(a, b) {
						t.Errorf("%s is %q, was %q: %v", name, b, a, err)
					}
				}
				if err := p.start(t); err != nil {
					t.Errorf("the restored database isn't let in: %v", err)
				}
			})
		}
	}
}

// addCluster makes a row and returns its key.
func addCluster(t *testing.T, p Place, name string) (key int64) {
	t.Helper()
	p.with(t, func(db *store.DB) {
		if err := db.Update(background, func(tx *store.Tx) error {
			r := schema.NewRecord(tx.Schema().Table("clusters"))
			r.Put("name", schema.TextValue(name))
			k, err := tx.Create(r, nil)
			key = k.Int()
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
	return key
}

// TestRestoreOverADatabaseThatWentOn keeps that database, and gives none of its keys again.
func TestRestoreOverADatabaseThatWentOn(t *testing.T) {
	t.Parallel()
	for name, place := range map[string]func(*testing.T) Place{"sqlite": onSQLite, "postgres": onPostgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := place(t)
			path := backedUp(t, p, "")
			lost := addCluster(t, p, "lost")
			if err := p.start(t); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(p.Dir, "secret"), []byte(strings.Repeat("n", 32)), 0o600); err != nil {
				t.Fatal(err)
			}
			done, err := p.Restore(background, path, "")
			if err != nil {
				t.Fatal(err)
			}
			if err := p.start(t); err != nil {
				t.Error(err)
			}
			if key := addCluster(t, p, "new"); key <= lost {
				t.Errorf("key %d is given again: one up to %d was lost", key, lost)
			}
			checkKept(t, p, done.Aside)
		})
	}
}

// checkKept looks for the row that was lost, and for the key, in what was moved aside.
func checkKept(t *testing.T, p Place, aside []string) {
	t.Helper()
	folder := aside[len(aside)-1]
	if text, err := os.ReadFile(filepath.Join(folder, "secret")); err != nil || text[0] != 'n' {
		t.Errorf("the secret that there was isn't kept: %q, %v", text, err)
	}
	old := p
	if p.Database != "" {
		name := strings.Fields(aside[0])[2]
		old.Database += "&search_path=" + name
	} else {
		old.Dir = folder
	}
	if rows := dump(t, old)["clusters"]; len(rows) != len(odd)+1 {
		t.Errorf("the database that there was is kept with %d rows: %v", len(rows), aside)
	}
}

// TestDamageIsRefused cuts a backup at many lengths, and changes many a byte: nothing is touched by it.
func TestDamageIsRefused(t *testing.T) {
	t.Parallel()
	for _, passphrase := range []string{"", "open sesame"} {
		p := onSQLite(t)
		whole, err := os.ReadFile(backedUp(t, p, passphrase))
		if err != nil {
			t.Fatal(err)
		}
		head := bytes.IndexByte(whole, '\n') + 1
		head += bytes.IndexByte(whole[head:], '\n') + 1
		refused := func(what string, at int, content []byte) {
			t.Helper()
			if _, err := read(bytes.NewReader(content), passphrase, contents{}); !errs.Is(err, errs.Invalid) {
				t.Errorf("%s at %d of %d: %v", what, at, len(whole), err)
			}
		}
		step := len(whole)/200 + 1
		if passphrase != "" {
			step = len(whole)/10 + 1 // each costs the making of a key
		}
		for at := 0; at < len(whole); at += step {
			refused("cut", at, whole[:at])
			if at >= head {
				changed := bytes.Clone(whole)
				changed[at] ^= 0x10
				if sameContent(t, changed, whole, passphrase) {
					continue // a bit of the packing that means nothing
				}
				refused("changed", at, changed)
			}
		}
		refused("lengthened", len(whole), append(bytes.Clone(whole), whole[head:]...))
	}
}

// sameContent reports whether a changed file still gives just what was written.
func sameContent(t *testing.T, a, b []byte, passphrase string) bool {
	t.Helper()
	if passphrase != "" {
		return false
	}
	var rows [2][]string
	for i, content := range [][]byte{a, b} {
		if _, err := read(bytes.NewReader(content), passphrase, contents{row: func(cells []schema.Value) error {
			rows[i] = append(rows[i], fmt.Sprint(cells))
			return nil
		}}); err != nil {
			return false
		}
	}
	return cmp.Equal(rows[0], rows[1])
}

// TestARefusedFileTouchesNothing restores from what is no backup, a wrong passphrase and a cut one.
func TestARefusedFileTouchesNothing(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	path := backedUp(t, p, "open sesame")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before := dump(t, p)
	for name, content := range map[string][]byte{"other": []byte("SQLite format 3\x00"), "cut": whole[:len(whole)-1], "whole": whole} {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		passphrase := map[string]string{"whole": "wrong"}[name]
		if passphrase == "" {
			passphrase = "open sesame"
		}
		if _, err := p.Restore(background, path, passphrase); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(filepath.Join(p.Dir, "restore")); err == nil {
			t.Errorf("%s: a restore has begun", name)
		}
	}
	if d := cmp.Diff(before, dump(t, p)); d != "" {
		t.Error(d)
	}
	if err := p.start(t); err != nil {
		t.Error(err)
	}
}

// TestRestoreCutOffAtEachStep ends a restore behind each of its steps. A server starts with what was restored or not at all, and the
// restore is done by running it again, with the old database kept.
func TestRestoreCutOffAtEachStep(t *testing.T) {
	t.Parallel()
	for name, place := range map[string]func(*testing.T) Place{"sqlite": onSQLite, "postgres": onPostgres} {
		for after := range 8 {
			if name == "postgres" && after%2 == 1 {
				continue // they differ from the others in files alone
			}
			t.Run(fmt.Sprint(name, after), func(t *testing.T) {
				t.Parallel()
				p := place(t)
				path := backedUp(t, p, "")
				want := dump(t, p)
				addCluster(t, p, "lost")
				if err := p.start(t); err != nil {
					t.Fatal(err)
				}
				old := dump(t, p)
				f, err := os.Open(path)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				r := restore{Place: p, work: filepath.Join(p.Dir, "restore"), at: "earlier", from: f}
				if r.m, err = read(f, "", contents{}); err != nil {
					t.Fatal(err)
				}
				for _, step := range r.steps(background)[:after] {
					if err := step(); err != nil {
						t.Fatal(err)
					}
				}
				if err := p.start(t); err == nil {
					if got := dump(t, p); !cmp.Equal(want, got) && !cmp.Equal(old, got) {
						t.Error("a server starts with rows that are neither the old nor the restored ones")
					}
				}
				if _, err := p.Restore(background, path, ""); err != nil {
					t.Fatal(err)
				}
				if err := p.start(t); err != nil {
					t.Error(err)
				}
				if d := cmp.Diff(want, dump(t, p)); d != "" {
					t.Error(d)
				}
				if p.Database == "" && !keptSomewhere(t, p.Dir) {
					t.Error("the database that there was is lost")
				}
			})
		}
	}
}

// keptSomewhere looks for the row "lost" in the folders of what was moved aside.
func keptSomewhere(t *testing.T, dir string) bool {
	t.Helper()
	folders, err := filepath.Glob(filepath.Join(dir, "before-restore-*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range folders {
		if len(dump(t, Place{Dir: folder})["clusters"]) == len(odd)+1 {
			return true
		}
	}
	return false
}

// TestAnOlderVersionsBackupIsBroughtUpToDate takes a column out of what is restored, and gives it another that nobody knows.
func TestAnOlderVersionsBackupIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	for name, place := range map[string]func(*testing.T) Place{"sqlite": onSQLite, "postgres": onPostgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := place(t)
			p.with(t, func(db *store.DB) {
				shape := store.Shape{Name: "clusters", Columns: []store.Column{{Name: "_key", Storage: schema.Integer}, {Name: "name", Storage: schema.Chars}, {Name: "gone", Storage: schema.Float}}}
				if err := db.Replace(background, "aside", func(l *store.Loader) error {
					return errors.Join(l.Table(shape), l.Row([]schema.Value{schema.IntValue(7), schema.TextValue("old"), schema.RealValue(1.5)}))
				}, func(tx *store.Tx) error {
					r, err := tx.Get("clusters", schema.IntValue(7))
					if err != nil {
						return err
					}
					if r.Get("name").Text() != "old" || r.Get("ram_per_unit").Int() != 4096 || r.Version != 1 {
						t.Errorf("the row is %v", r)
					}
					return tx.StartOver(map[string]int64{"clusters": 7}, 0)
				}); err != nil {
					t.Fatal(err)
				}
			})
			if key := addCluster(t, p, "new"); key != 8 {
				t.Errorf("the next key is %d", key)
			}
		})
	}
}

// TestANewerVersionsBackupIsRefused by a step of migration that isn't known, and by shapes that no version has written.
func TestANewerVersionsBackupIsRefused(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	p.with(t, func(db *store.DB) {
		for name, load := range map[string]func(*store.Loader) error{
			"step": func(l *store.Loader) error { return l.Steps([]int{1 << 20}) },
			"name": func(l *store.Loader) error {
				return l.Table(store.Shape{Name: `x" (y); --`, Columns: []store.Column{{Name: "_key", Storage: schema.Integer}}})
			},
			"column": func(l *store.Loader) error {
				return l.Table(store.Shape{Name: "x", Columns: []store.Column{{Name: "_key", Storage: schema.Integer}, {Name: `a"`, Storage: schema.Chars}}})
			},
			"empty": func(l *store.Loader) error { return l.Table(store.Shape{Name: "x"}) },
		} {
			if err := db.Replace(background, "aside", load, func(*store.Tx) error { return nil }); err == nil {
				t.Errorf("%s: taken", name)
			}
		}
	})
}

// TestBackupWhileRowsAreWritten is of one moment.
func TestBackupWhileRowsAreWritten(t *testing.T) {
	t.Parallel()
	p := onSQLite(t)
	fill(t, p)
	db := p.open(t)
	defer db.Close()
	ctx, stop := context.WithCancel(background)
	ended := make(chan error, 1)
	go func() {
		for i := 0; ctx.Err() == nil; i++ {
			if err := db.Update(background, func(tx *store.Tx) error {
				return errors.Join(
					put(tx, "clusters", schema.Set{"name": schema.TextValue(fmt.Sprint("n", i))}),
					put(tx, "settings", schema.Set{"key": schema.TextValue(fmt.Sprint("n", i))}),
				)
			}); err != nil {
				ended <- err
				return
			}
		}
		ended <- nil
	}()
	for range 5 {
		var file bytes.Buffer
		if _, err := (Source{DB: db, Dir: p.Dir}).Write(background, &file, ""); err != nil {
			t.Fatal(err)
		}
		var table string
		counts := map[string]int{}
		if _, err := read(&file, "", contents{
			table: func(s store.Shape) error { table = s.Name; return nil },
			row:   func([]schema.Value) error { counts[table]++; return nil },
		}); err != nil {
			t.Fatal(err)
		}
		if counts["clusters"] != counts["settings"] {
			t.Errorf("clusters and settings come in pairs, and there are %d and %d", counts["clusters"], counts["settings"])
		}
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
