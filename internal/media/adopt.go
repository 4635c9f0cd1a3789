package media

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/store"
)

// Adopt makes the file at path, which lies on the same file system, the bytes of an unfinished row, and completes the row. The file's size
// must be the row's allocated_bytes. It may be repeated after a crash at any point: a file that was moved already is found in its place.
func (l *Library) Adopt(ctx context.Context, key int64, path string) error {
	row, err := l.row(ctx, key)
	if err != nil || row.Complete {
		return err
	}
	if err := l.moveIn(row, path); err != nil {
		return err
	}
	return l.db.Update(ctx, func(tx *store.Tx) error {
		chunks, err := store.FindRows[storage.FileChunk](tx, store.Is(storage.FileChunkCol.File, key))
		if err != nil {
			return err
		}
		return complete(tx, key, row.AllocatedBytes, chunks)
	})
}

// moveIn brings the file to disk and then into its place.
func (l *Library) moveIn(row storage.File, path string) error {
	target := l.path(row)
	err := checkAndSync(path, row)
	if errors.Is(err, fs.ErrNotExist) {
		return checkAndSync(target, row) // moved by a call that a crash cut short
	}
	if err != nil {
		return err
	}
	if err := os.Rename(path, target); err != nil {
		return writeError(fmt.Errorf("moving the upload of file %d into place: %w", row.Key, err), target)
	}
	return writeError(fileio.Sync(l.dir), l.dir)
}

// checkAndSync brings a file to disk whose size must be the row's.
func checkAndSync(path string, row storage.File) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if info.Size() != row.AllocatedBytes {
		return errs.New(errs.Conflict, "wrong_size", "the upload of file %q has %d bytes instead of %d", row.Name, info.Size(), row.AllocatedBytes)
	}
	return f.Sync()
}
