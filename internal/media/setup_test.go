package media_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"dewpoint/internal/media"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/quarantine"
	"dewpoint/internal/schema"
	"dewpoint/internal/space"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/test/rig"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// shelf is a library on its own database, which can be dropped and opened again as after a crash.
type shelf struct {
	*media.Library
	t   *testing.T
	dir string
	db  *store.DB
}

func newShelf(t *testing.T) *shelf {
	t.Helper()
	s := &shelf{t: t, dir: t.TempDir()}
	s.reopen()
	return s
}

func (s *shelf) reopen() {
	s.t.Helper()
	if s.db != nil {
		s.db.Close()
	}
	s.db = rig.Database(s.t, s.dir)
	var err error
	if s.Library, err = media.New(s.db, space.New(s.db, space.Limits{}), s.dir, quarantine.New(s.db, s.dir, slog.New(slog.DiscardHandler)), slog.New(slog.DiscardHandler)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) reconcile() {
	s.t.Helper()
	if err := s.Reconcile(context.Background()); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) update(f func(*store.Tx) error) {
	s.t.Helper()
	if err := s.db.Update(context.Background(), f); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) add(name string, size int) int64 {
	s.t.Helper()
	var key schema.Value
	s.update(func(tx *store.Tx) (err error) {
		r := schema.NewRecord(tx.Schema().Table("files"))
		r.Put("name", schema.TextValue(name))
		r.Put("uuid", schema.TextValue(name))
		r.Put("allocated_bytes", schema.IntValue(int64(size)))
		key, err = tx.Create(r, nil)
		return err
	})
	return key.Int()
}

func (s *shelf) row(key int64) (row storage.File) {
	s.t.Helper()
	err := s.db.View(context.Background(), func(tx *store.Tx) (err error) {
		row, err = store.GetRow[storage.File](tx, schema.IntValue(key))
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return row
}

// path is where the bytes of a file lie.
func (s *shelf) path(key int64) string {
	return filepath.Join(s.dir, "files", column.StorageName(key, s.row(key).StorageID))
}

// chunks returns the ranges on record.
func (s *shelf) chunks() (list [][2]int64) {
	s.t.Helper()
	err := s.db.View(context.Background(), func(tx *store.Tx) error {
		rows, err := store.FindRows[storage.FileChunk](tx)
		for _, c := range rows {
			list = append(list, [2]int64{c.First, c.After})
		}
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

func (s *shelf) write(key, off int64, b []byte) {
	s.t.Helper()
	if err := s.WriteAt(context.Background(), key, off, bytes.NewReader(b)); err != nil {
		s.t.Fatal(err)
	}
}

func (s *shelf) read(key int64) []byte {
	s.t.Helper()
	c, _, _, err := s.Open(context.Background(), key)
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	b, err := io.ReadAll(c)
	if err != nil {
		s.t.Fatal(err)
	}
	return b
}

func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.New(rand.NewPCG(1, uint64(n)))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}
