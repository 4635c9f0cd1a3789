package media_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"dewpoint/internal/errs"
	"dewpoint/internal/media"
	"dewpoint/internal/model"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

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
	t.Cleanup(func() { s.db.Close() })
	return s
}

func (s *shelf) reopen() {
	s.t.Helper()
	if s.db != nil {
		s.db.Close()
	}
	var err error
	if s.db, err = sqlite.Open(context.Background(), filepath.Join(s.dir, "t.db"), model.Schema()); err != nil {
		s.t.Fatal(err)
	}
	if s.Library, err = media.New(s.db, s.dir); err != nil {
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

func (s *shelf) row(key int64) (row model.File) {
	s.t.Helper()
	err := s.db.View(context.Background(), func(tx *store.Tx) (err error) {
		row, err = store.GetRow[model.File](tx, schema.IntValue(key))
		return err
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return row
}

// chunks returns the ranges on record.
func (s *shelf) chunks() (list [][2]int64) {
	s.t.Helper()
	err := s.db.View(context.Background(), func(tx *store.Tx) error {
		rows, err := store.FindRows[model.FileChunk](tx)
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
	c, err := s.Open(context.Background(), key)
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

func TestChunksInAnyOrderAndParallel(t *testing.T) {
	t.Parallel()
	s, want := newShelf(t), noise(3<<20+17)
	key := s.add("a.iso", len(want))
	const chunk = 64<<10 + 1
	var offsets []int
	for off := 0; off < len(want); off += chunk {
		offsets = append(offsets, off)
	}
	rand.Shuffle(len(offsets), func(i, j int) { offsets[i], offsets[j] = offsets[j], offsets[i] })
	var group sync.WaitGroup
	for _, off := range offsets {
		group.Go(func() {
			if err := s.WriteAt(context.Background(), key, int64(off), bytes.NewReader(want[off:min(off+chunk, len(want))])); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if !bytes.Equal(s.read(key), want) {
		t.Error("the file differs from what was written")
	}
	row := s.row(key)
	if !row.Complete || row.Filesize != int64(len(want)) || row.UsedBytes != int64(len(want)) {
		t.Errorf("row after the last chunk: %+v", row)
	}
	if left := s.chunks(); len(left) > 0 {
		t.Errorf("chunks left on record: %v", left)
	}
}

func TestFilesizeCountsFromTheStart(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	key := s.add("a.iso", 100)
	for _, step := range []struct {
		off, n   int
		filesize int64
		chunks   [][2]int64
	}{
		{50, 10, 0, [][2]int64{{50, 60}}},
		{0, 20, 20, [][2]int64{{50, 60}, {0, 20}}},
		{10, 15, 25, [][2]int64{{50, 60}, {0, 25}}},
		{25, 25, 60, [][2]int64{{0, 60}}},
		{60, 40, 100, nil},
	} {
		s.write(key, int64(step.off), make([]byte, step.n))
		if got := s.row(key).Filesize; got != step.filesize {
			t.Errorf("after [%d,+%d): filesize %d, want %d", step.off, step.n, got, step.filesize)
		}
		if diff := cmp.Diff(step.chunks, s.chunks()); diff != "" {
			t.Errorf("after [%d,+%d): chunks (-want +got):\n%s", step.off, step.n, diff)
		}
	}
}

func TestBytesBeyondTheEndAreRefused(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	key := s.add("a.iso", 10)
	s.write(key, 0, []byte("0123456"))
	for name, try := range map[string]func() error{
		"known length": func() error { return s.WriteAt(context.Background(), key, 5, bytes.NewReader(make([]byte, 6))) },
		"negative": func() error { return s.WriteAt(context.Background(), key, -1, bytes.NewReader(nil)) },
		"unknown length": func() error {
			return s.WriteAt(context.Background(), key, 8, io.MultiReader(bytes.NewReader(make([]byte, 3))))
		},
	} {
		if err := try(); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: got %v, want Invalid", name, err)
		}
	}
	if b, err := os.ReadFile(filepath.Join(s.dir, "files", fmt.Sprint(key))); err != nil || string(b) != "0123456" {
		t.Errorf("the file was touched: %q, %v", b, err)
	}
	if diff := cmp.Diff([][2]int64{{0, 7}}, s.chunks()); diff != "" {
		t.Error(diff)
	}
}

// A chunk that is cut off keeps what came before the cut, also over a crash, and the upload goes on from there.
func TestCutsAndCrashes(t *testing.T) {
	t.Parallel()
	s, want := newShelf(t), noise(2<<20)
	key := s.add("a.iso", len(want))
	cut := errors.New("connection reset")
	for round := 0; !s.row(key).Complete; round++ {
		if round > 100 {
			t.Fatal("no progress")
		}
		have := s.row(key).Filesize
		end := min(int(have)+1+rand.IntN(400<<10), len(want))
		err := s.WriteAt(context.Background(), key, have, io.MultiReader(bytes.NewReader(want[have:end]), failing{cut}))
		if !errors.Is(err, cut) {
			t.Fatalf("cut chunk: got %v, want the reader's error", err)
		}
		s.reopen()
		if got := s.row(key).Filesize; got != int64(end) {
			t.Fatalf("%d bytes on record after the crash, %d had been written", got, end)
		}
	}
	if !bytes.Equal(s.read(key), want) {
		t.Error("the file differs from what was written")
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestCompleteFilesAreClosed(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	key := s.add("a.iso", 4)
	if _, err := s.Open(context.Background(), key); !errs.Is(err, errs.Conflict) {
		t.Errorf("open before the bytes: %v, want Conflict", err)
	}
	s.write(key, 0, []byte("abcd"))
	if err := s.WriteAt(context.Background(), key, 0, bytes.NewReader([]byte("x"))); !errs.Is(err, errs.Conflict) {
		t.Errorf("write to a complete file: %v, want Conflict", err)
	}
	if _, err := s.Open(context.Background(), key+1); !errs.Is(err, errs.NotFound) {
		t.Errorf("open of a missing row: %v, want NotFound", err)
	}
	if err := s.WriteAt(context.Background(), s.add("huge.iso", 1<<60), 0, bytes.NewReader([]byte("x"))); !errs.Is(err, errs.Full) {
		t.Errorf("a file larger than the disk: %v, want Full", err)
	}
}

// Adopt must end in the same state when it is repeated after a crash between the rename and the row.
func TestAdopt(t *testing.T) {
	t.Parallel()
	for name, crash := range map[string]bool{"whole": false, "moved before a crash": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShelf(t)
			key, path := s.add("a.iso", 3), filepath.Join(s.dir, "done")
			if err := os.WriteFile(path, []byte("xyz"), 0o600); err != nil {
				t.Fatal(err)
			}
			if crash {
				if err := os.Rename(path, filepath.Join(s.dir, "files", fmt.Sprint(key))); err != nil {
					t.Fatal(err)
				}
				s.reopen()
			}
			for range 2 {
				if err := s.Adopt(context.Background(), key, path); err != nil {
					t.Fatal(err)
				}
			}
			if got := string(s.read(key)); got != "xyz" {
				t.Errorf("read %q", got)
			}
		})
	}
}

func TestAdoptRefusesTheWrongSize(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	key, path := s.add("a.iso", 4), filepath.Join(s.dir, "done")
	if err := os.WriteFile(path, []byte("xyz"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.Adopt(context.Background(), key, path); !errs.Is(err, errs.Conflict) {
		t.Errorf("got %v, want Conflict", err)
	}
	if s.row(key).Complete {
		t.Error("the row was completed")
	}
}

func TestRunSweepsAndSums(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	kept, gone := s.add("kept.iso", 5), s.add("gone.iso", 5)
	s.write(kept, 0, []byte("hello"))
	s.write(gone, 0, []byte("hello"))
	orphan := filepath.Join(s.dir, "files", "4711")
	if err := os.WriteFile(orphan, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	wake, ended := make(chan struct{}, 1), make(chan struct{})
	go func() { defer close(ended); s.Run(ctx, wake, slog.New(slog.DiscardHandler)) }()
	defer func() { stop(); <-ended }()

	sum := sha256.Sum256([]byte("hello"))
	eventually(t, "the sum", func() bool { return s.row(kept).SHA256 == hex.EncodeToString(sum[:]) })
	s.update(func(tx *store.Tx) error { return tx.Delete("files", schema.IntValue(gone)) })
	wake <- struct{}{}
	eventually(t, "the tombstone's purge", func() bool {
		var n int64
		if err := s.db.View(context.Background(), func(tx *store.Tx) (err error) {
			n, err = tx.Count("files", store.Everything())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return n == 1
	})
	names, err := filepath.Glob(filepath.Join(s.dir, "files", "*"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{filepath.Join(s.dir, "files", fmt.Sprint(kept))}, names); diff != "" {
		t.Errorf("files left (-want +got):\n%s", diff)
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("still waiting for " + what)
		}
	}
}
