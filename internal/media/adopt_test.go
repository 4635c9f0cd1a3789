package media_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

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
				if err := os.Rename(path, s.path(key)); err != nil {
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

// The bytes of one file are lost: the others get their sums all the same.
func TestReconcileSweepsAndSums(t *testing.T) {
	t.Parallel()
	s := newShelf(t)
	lost, kept, gone := s.add("lost.iso", 5), s.add("kept.iso", 5), s.add("gone.iso", 5)
	s.write(kept, 0, []byte("hello"))
	s.write(gone, 0, []byte("hello"))
	s.write(lost, 0, []byte("hello"))
	if err := os.Remove(s.path(lost)); err != nil {
		t.Fatal(err)
	}
	orphan := filepath.Join(s.dir, "files", "4711")
	if err := os.WriteFile(orphan, []byte("nobody's"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.reconcile()
	held, err := filepath.Glob(filepath.Join(s.dir, "quarantine", "*", "content"))
	if err != nil || len(held) != 1 {
		t.Fatalf("in quarantine: %v, %v", held, err)
	}
	if got, err := os.ReadFile(held[0]); err != nil || string(got) != "nobody's" {
		t.Errorf("the bytes in quarantine are %q, %v", got, err)
	}
	sum := sha256.Sum256([]byte("hello"))
	if got := s.row(kept).MD5; got != "5d41402abc4b2a76b9719d911017c592" {
		t.Errorf("the MD5 sum of hello is %q", got)
	}
	if got := s.row(kept).SHA256; got != hex.EncodeToString(sum[:]) {
		t.Errorf("SHA-256 is %q, want %x", got, sum)
	}
	s.update(func(tx *store.Tx) error { return tx.Delete("files", schema.IntValue(gone)) })
	s.reconcile()
	var n int64
	if err := s.db.View(context.Background(), func(tx *store.Tx) (err error) {
		n, err = tx.Count("files", store.Everything())
		return err
	}); err != nil || n != 2 {
		t.Errorf("%d rows, %v; want the tombstone purged", n, err)
	}
	names, err := filepath.Glob(filepath.Join(s.dir, "files", "*"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{s.path(kept)}, names); diff != "" {
		t.Errorf("files left (-want +got):\n%s", diff)
	}
}
