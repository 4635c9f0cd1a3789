package media_test

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"testing"

	"dewpoint/internal/engine"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

// TestFilesOfNoBytes are whole as soon as they are there; of one that wasn't made after all nothing stays.
func TestFilesOfNoBytes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := rig.Start(t, dir, slog.New(slog.DiscardHandler))
	ctx := perm.WithActor(t.Context(), perm.System("admin"))
	stop := errors.New("stop")
	for _, end := range []error{nil, stop} {
		if err := s.Engine.Do(ctx, func(w *engine.Write) error {
			_, err := w.Create("files", schema.Input{"name": engine.Text("empty.iso"), "allocated_bytes": engine.Text("0")})
			return errors.Join(err, end)
		}); !errors.Is(err, end) {
			t.Fatal(err)
		}
	}
	var rows []storage.File
	if err := s.DB.View(t.Context(), func(tx *store.Tx) (err error) { rows, err = store.FindRows[storage.File](tx); return err }); err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1 || !rows[0].Complete {
		t.Fatalf("the files are %+v", rows)
	}
	content, _, _, err := s.Media.Open(ctx, rows[0].Key)
	if err != nil {
		t.Fatal(err)
	}
	defer content.Close()
	if n, err := io.Copy(io.Discard, content); n != 0 || err != nil {
		t.Errorf("it has %d bytes, %v", n, err)
	}
	if lie, err := os.ReadDir(dir + "/files"); err != nil || len(lie) != 1 {
		t.Errorf("in the folder lie %v, %v", lie, err)
	}
}
