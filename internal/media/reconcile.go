package media

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"

	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Name is what the log calls the upkeep of the library.
func (l *Library) Name() string { return "media" }

// Reconcile sweeps and fills in missing sums. It wants to be called at the start, when a file was changed, and now and then.
func (l *Library) Reconcile(ctx context.Context) error {
	return errors.Join(l.Sweep(ctx), l.sumAll(ctx))
}

// sumAll fills in the sums of complete files that have none. A file that can't be read is no failure of the pass, which would soon
// be followed by another: reading files takes long.
func (l *Library) sumAll(ctx context.Context) error {
	var rows []storage.File
	err := l.db.View(ctx, func(tx *store.Tx) (err error) {
		rows, err = store.FindRows[storage.File](tx, store.Is(storage.FileCol.Complete, true), store.IsNull(storage.FileCol.MD5))
		return err
	})
	for _, row := range rows {
		if err := l.sum(ctx, row); err != nil && ctx.Err() == nil && !errs.Is(err, errs.NotFound) {
			l.log.Error("computing the checksums of a file failed", "file", row.Key, "err", err)
		}
	}
	return err
}

func (l *Library) sum(ctx context.Context, row storage.File) error {
	f, err := os.Open(l.path(row))
	if err != nil {
		return err
	}
	defer f.Close()
	strong, old := sha256.New(), md5.New()
	if _, err := io.Copy(io.MultiWriter(strong, old), fileio.Reader(ctx, f)); err != nil {
		return err
	}
	sums := storage.FileSet{}.SHA256(hex.EncodeToString(strong.Sum(nil))).MD5(hex.EncodeToString(old.Sum(nil)))
	return l.db.Update(ctx, func(tx *store.Tx) error {
		if _, err := tx.Get("files", schema.IntValue(row.Key)); err != nil {
			return err // deleted meanwhile
		}
		return store.Write(tx, row.Key, sums.Modified(row.Modified)) // the bytes are the same
	})
}
