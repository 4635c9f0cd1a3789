package media

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/store"
)

// Fill is Adopt of a file whose length nobody knew when its row was made.
func (l *Library) Fill(ctx context.Context, key int64, path string) error {
	row, err := l.row(ctx, key)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if row.Complete && err == nil {
		return errs.New(errs.Conflict, "file_complete", "somebody has sent bytes of file %q, which was to get its own", row.Name)
	}
	if row.Complete {
		return nil // by a call that a crash cut short
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err == nil && info.Size() != row.AllocatedBytes {
		size := storage.FileSet{}.AllocatedBytes(info.Size())
		if err := l.db.Update(ctx, func(tx *store.Tx) error { return store.Write(tx, key, size) }); err != nil {
			return err
		}
	}
	return l.Adopt(ctx, key, path)
}
