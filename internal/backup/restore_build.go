package backup

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"

	"dewpoint/internal/datadir"
	"dewpoint/internal/model"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres"
	"dewpoint/internal/store/sqlite"
)

// build makes the new database, and the key files, where they are in nobody's way; in PostgreSQL the new tables take the place of the old
// ones in the same transaction.
func (r *restore) build(ctx context.Context) error {
	past, keeper, err := datadir.PastOf(r.Dir)
	if err != nil {
		return err
	}
	past.Add(r.m.Numbers)
	past.Add(map[string]int64{store.LogName(): r.m.Generation})
	db, aside, err := r.openNew(ctx)
	if err != nil {
		return err
	}
	db.Limits.Own = limit
	err = db.Replace(ctx, aside, r.load, func(tx *store.Tx) error {
		if err := past.StartOver(tx); err != nil {
			return err
		}
		if err := r.claim(tx, keeper); err != nil {
			return err
		}
		return r.endSignIns(tx)
	})
	if err == nil {
		r.fits, err = datadir.MarkOf(ctx, db)
	}
	return errors.Join(err, db.Close())
}

// openNew opens the database that the rows go to.
func (r *restore) openNew(ctx context.Context) (db *store.DB, aside string, err error) {
	if r.Database == "" {
		db, err := sqlite.Open(ctx, filepath.Join(r.work, "new", datadir.DatabaseFile), model.Schema())
		return db, "", err
	}
	if err := os.MkdirAll(r.before(), 0o700); err != nil { // from here on no server starts
		return nil, "", err
	}
	aside = "before_restore_" + strings.ReplaceAll(r.at, "-", "_")
	db, err = postgres.Open(ctx, r.Database, model.Schema())
	r.aside = append(r.aside, "the schema "+aside+" of the database")
	return db, aside, err
}

// claim makes the server of this directory the keeper: the bytes lie here.
func (r *restore) claim(tx *store.Tx, keeper string) error {
	found, err := tx.Find("system")
	if err != nil || len(found) == 0 || keeper == "" {
		return err
	}
	return tx.Change("system", found[0].Key, schema.Set{"keeper": schema.TextValue(keeper)})
}

// load reads the file once more, rows and keys this time.
func (r *restore) load(l *store.Loader) error {
	if _, err := r.from.Seek(0, io.SeekStart); err != nil {
		return err
	}
	_, err := read(r.from, r.passphrase, contents{
		manifest: func(m Manifest) error { return l.Steps(m.Steps) },
		file:     r.putKey,
		table:    l.Table,
		row:      l.Row,
	})
	return err
}

func (r *restore) keysFolder() string { return filepath.Join(r.work, "keys") }

func (r *restore) putKey(f keyFile) error {
	if err := os.MkdirAll(r.keysFolder(), 0o700); err != nil {
		return err
	}
	return renameio.WriteFile(filepath.Join(r.keysFolder(), f.Name), f.Content, 0o600)
}
