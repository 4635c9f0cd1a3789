package media_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
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
