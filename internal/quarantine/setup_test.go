package quarantine

import (
	"context"
	"crypto/sha256"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/served"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// shelf is a quarantine on a real database and real files, with a library that does as the media library does.
type shelf struct {
	*Keeper
	t *testing.T
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	dir := t.TempDir()
	s := &shelf{t: t, Keeper: New(database(t, dir), dir, slog.New(slog.DiscardHandler))}
	s.Restores(s)
	return s
}

// Adopt implements Library: it moves the bytes to files/<key> and completes the row.
func (s *shelf) Adopt(ctx context.Context, key int64, path string) error {
	to := s.fileOf(key)
	must(s.t, os.MkdirAll(filepath.Dir(to), 0o700))
	if err := os.Rename(path, to); err != nil && !os.IsNotExist(err) {
		return err
	}
	return s.db.Update(ctx, func(tx *store.Tx) error {
		return tx.Change("files", schema.IntValue(key), schema.Set{"complete": schema.BoolValue(true)})
	})
}

func (s *shelf) fileOf(key int64) string {
	return filepath.Join(s.data, "files", schema.IntValue(key).Text())
}

// plant makes a file below the data directory.
func (s *shelf) plant(at, content string) string {
	s.t.Helper()
	path := filepath.Join(s.data, at)
	must(s.t, os.MkdirAll(filepath.Dir(path), 0o700))
	must(s.t, os.WriteFile(path, []byte(content), 0o600))
	return path
}

func (s *shelf) hold(kind, at string) {
	s.t.Helper()
	must(s.t, s.Hold(s.t.Context(), Thing{Kind: kind, Path: filepath.Join(s.data, at), Why: "a test"}))
}

func (s *shelf) pass() {
	s.t.Helper()
	must(s.t, s.Reconcile(s.t.Context()))
}

// serve has servers run on the database for a while.
func (s *shelf) serve(d time.Duration) {
	s.t.Helper()
	must(s.t, s.db.Update(s.t.Context(), func(tx *store.Tx) error {
		_, err := served.Count(tx, time.Unix(0, 0), 0)
		if err == nil {
			_, err = served.Count(tx, time.Unix(0, 0).Add(d), d)
		}
		return err
	}))
}

func (s *shelf) list() []system.Quarantine {
	s.t.Helper()
	rows, err := s.rows(s.t.Context())
	must(s.t, err)
	return rows
}

// only returns the only row.
func (s *shelf) only() system.Quarantine {
	s.t.Helper()
	rows := s.list()
	if len(rows) != 1 {
		s.t.Fatalf("%d rows, want one: %+v", len(rows), rows)
	}
	return rows[0]
}

func (s *shelf) set(q system.Quarantine, set schema.Set) {
	s.t.Helper()
	must(s.t, s.change(s.t.Context(), q.Key, system.QuarantineSet(set)))
}

// restore makes the row of a file as the action does, and wishes for it.
func (s *shelf) wishRestored(q system.Quarantine) (file int64) {
	s.t.Helper()
	must(s.t, s.db.Update(s.t.Context(), func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table("files"))
		r.Put("name", schema.TextValue("found"))
		r.Put("allocated_bytes", schema.IntValue(q.Size))
		key, err := tx.Create(r, nil)
		if err != nil {
			return err
		}
		file = key.Int()
		return tx.Change("quarantine", schema.IntValue(q.Key), schema.Set{"wish": schema.TextValue(system.WishRestore), "file": key})
	}))
	return file
}

// leftovers lists what is in the quarantine's folder.
func (s *shelf) leftovers() []string {
	s.t.Helper()
	found, err := filepath.Glob(filepath.Join(s.data, folder, "*"))
	must(s.t, err)
	return found
}

func sum(t *testing.T, path string) [32]byte {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	return sha256.Sum256(b)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
