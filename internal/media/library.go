// Package media keeps the bytes of the table files: chunks that come in any order and in parallel, finished uploads that are moved into
// place, reading, and clearing away what was deleted. Rows say what is on disk only after it is safely there.
package media

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/quarantine"
	"dewpoint/internal/space"
	"dewpoint/internal/store"
)

// Library is the media of one data directory: the bytes of a row are the file <dir>/files/<its column.StorageName>. It asks nobody's
// permission: callers have checked that the row is the client's to read or write. It is safe for concurrent use.
type Library struct {
	*space.Account // that has the room for files; uploads ask it too

	db     *store.DB
	dir    string
	keeper *quarantine.Keeper
	log    *slog.Logger

	mu   sync.Mutex
	open map[int64]*upload
}

// New makes a library in the data directory dir, whose folder files is made when it isn't there. What lies in it without a row goes to keeper. The account
// counts the unfinished files.
func New(db *store.DB, account *space.Account, dir string, keeper *quarantine.Keeper, log *slog.Logger) (*Library, error) {
	l := &Library{Account: account, db: db, dir: filepath.Join(dir, "files"), keeper: keeper, log: log, open: map[int64]*upload{}}
	// QEMU's group is let through when a guest starts that has a medium.
	if err := os.MkdirAll(l.dir, 0o710); err != nil {
		return nil, fmt.Errorf("making the folder for media: %w", err)
	}
	account.Count(l.claims)
	return l, fileio.Sync(dir)
}

// Open opens a complete file for reading: NotFound when there is no such row, Conflict while bytes are missing. The caller closes it.
func (l *Library) Open(ctx context.Context, key int64) (content io.ReadSeekCloser, name string, modified time.Time, err error) {
	row, err := l.row(ctx, key)
	if err != nil {
		return nil, "", time.Time{}, err
	}
	if !row.Complete {
		return nil, "", time.Time{}, errs.New(errs.Conflict, "file_incomplete", "file %q isn't completely uploaded: the first %d of %d bytes are there; send the rest first",
			row.Name, row.Filesize, row.AllocatedBytes)
	}
	f, err := os.Open(l.path(row))
	if err != nil {
		return nil, "", time.Time{}, fmt.Errorf("opening file %d: %w", key, err)
	}
	return f, row.Name, time.Unix(row.Modified, 0).UTC(), nil
}

// Find returns the key of the live row with the UUID; NotFound when there is none.
func (l *Library) Find(ctx context.Context, uuid string) (key int64, err error) {
	err = l.db.View(ctx, func(tx *store.Tx) error {
		rows, err := store.FindRows[storage.File](tx, store.Is(storage.FileCol.UUID, uuid))
		if err == nil && len(rows) == 0 {
			err = errs.New(errs.NotFound, "file_not_found", "there is no file %s", uuid)
		}
		if err == nil {
			key = rows[0].Key
		}
		return err
	})
	return key, err
}

func (l *Library) path(row storage.File) string {
	return filepath.Join(l.dir, column.StorageName(row.Key, row.StorageID))
}

// row reads the live row of a file.
func (l *Library) row(ctx context.Context, key int64) (row storage.File, err error) {
	err = l.db.View(ctx, func(tx *store.Tx) error {
		row, err = store.GetRow[storage.File](tx, key)
		return err
	})
	return row, err
}
