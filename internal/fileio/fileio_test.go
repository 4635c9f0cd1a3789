package fileio_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"dewpoint/internal/fileio"
)

func TestSyncTakesFoldersAndTellsOfWhatIsGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := fileio.Sync(dir); err != nil {
		t.Error(err)
	}
	if err := fileio.Sync(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that isn't there: %v", err)
	}
}

func TestReaderEndsWithItsContext(t *testing.T) {
	t.Parallel()
	stop := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	r := fileio.Reader(ctx, iotest.OneByteReader(strings.NewReader("abc")))
	if n, err := r.Read(make([]byte, 8)); n != 1 || err != nil {
		t.Fatalf("%d bytes, %v", n, err)
	}
	cancel(stop)
	if rest, err := io.ReadAll(r); len(rest) != 0 || !errors.Is(err, stop) {
		t.Errorf("%q and %v after the end of the context, want nothing and its cause", rest, err)
	}
}
