package media

import (
	"context"
	"fmt"
	"os"

	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Empty completes a new file of no bytes, which no chunk ever would. Until ended, which comes after the end of the transaction that makes the row, its
// empty bytes may be nobody's.
func (l *Library) Empty(tx *store.Tx, file *schema.Record) (ended func(), err error) {
	var row storage.File
	row.Scan(file)
	f, err := os.OpenFile(l.path(row), os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, writeError(err, l.path(row))
	}
	f.Close() // nothing was written
	if err := fileio.Sync(l.dir); err != nil {
		return nil, fmt.Errorf("keeping the name of file %d: %w", row.Key, err)
	}
	return func() { l.dropUnmade(row) }, complete(tx, row.Key, 0, nil)
}

// dropUnmade removes the bytes of a file whose row wasn't made after all. What stays is swept later.
func (l *Library) dropUnmade(row storage.File) {
	err := l.db.View(context.Background(), func(tx *store.Tx) error {
		_, err := store.GetRow[storage.File](tx, row.Key, store.Everything())
		return err
	})
	if errs.Is(err, errs.NotFound) {
		os.Remove(l.path(row))
	}
}
