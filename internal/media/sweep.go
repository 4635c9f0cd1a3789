package media

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"

	"dewpoint/internal/model"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Sweep removes the bytes of deleted files and then their rows, and bytes that no row stands for. One that fails doesn't stop the others.
func (l *Library) Sweep(ctx context.Context) error {
	// The folder is read before the rows: a row is always there before its bytes, so bytes without a row are leftovers.
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		return fmt.Errorf("reading the folder for media: %w", err)
	}
	rows := map[int64]model.File{}
	err = l.db.View(ctx, func(tx *store.Tx) error {
		all, err := store.FindRows[model.File](tx, store.Everything())
		for _, row := range all {
			rows[row.Key] = row
		}
		return err
	})
	if err != nil {
		return err
	}
	var failed []error
	for _, e := range entries {
		key, err := strconv.ParseInt(e.Name(), 10, 64)
		if err != nil {
			continue // not ours
		}
		if _, ok := rows[key]; !ok {
			failed = append(failed, l.remove(key))
		}
	}
	for key, row := range rows {
		if row.Deleted {
			failed = append(failed, l.purge(ctx, key))
		}
	}
	return errors.Join(failed...)
}

// purge clears a tombstone away, the bytes first.
func (l *Library) purge(ctx context.Context, key int64) error {
	if err := l.remove(key); err != nil {
		return err
	}
	return l.db.Update(ctx, func(tx *store.Tx) error { return tx.Purge("files", schema.IntValue(key)) })
}

func (l *Library) remove(key int64) error {
	if err := os.Remove(l.path(key)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing the bytes of file %d: %w", key, err)
	}
	return nil
}
