package media

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"dewpoint/internal/fileio"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/model/system"
	"dewpoint/internal/quarantine"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Sweep removes the bytes of deleted files and then their rows, and has bytes that no row stands for set aside. One that fails doesn't stop
// the others.
func (l *Library) Sweep(ctx context.Context) error {
	// The folder is read before the rows: a row is always there before its bytes, so bytes without a row are leftovers.
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		return fmt.Errorf("reading the folder for media: %w", err)
	}
	rows := map[string]storage.File{} // by the names of their bytes
	err = l.db.View(ctx, func(tx *store.Tx) error {
		all, err := store.FindRows[storage.File](tx, store.Everything())
		for _, row := range all {
			rows[column.StorageName(row.Key, row.StorageID)] = row
		}
		return err
	})
	if err != nil {
		return err
	}
	var failed []error
	for _, e := range entries {
		if _, _, ours := column.ReadStorageName(e.Name()); !ours {
			continue
		}
		if _, known := rows[e.Name()]; !known {
			failed = append(failed, l.keeper.Hold(ctx, quarantine.Thing{
				Kind: system.FoundFile, Path: filepath.Join(l.dir, e.Name()), Why: "there is no file with this key and id",
			}))
		}
	}
	for _, row := range rows {
		if row.Deleted {
			failed = append(failed, l.purge(ctx, row))
		}
	}
	return errors.Join(failed...)
}

// SetAside has the bytes at path, of an upload that nobody knows, set aside.
func (l *Library) SetAside(ctx context.Context, path string) error {
	return l.keeper.Hold(ctx, quarantine.Thing{Kind: system.FoundUpload, Path: path, Why: "the notes of the upload are missing"})
}

// purge clears a tombstone away, the bytes first.
func (l *Library) purge(ctx context.Context, row storage.File) error {
	if err := fileio.Remove(l.path(row)); err != nil {
		return fmt.Errorf("removing the bytes of file %d: %w", row.Key, err)
	}
	return l.db.Update(ctx, func(tx *store.Tx) error { return tx.Purge("files", schema.IntValue(row.Key)) })
}
