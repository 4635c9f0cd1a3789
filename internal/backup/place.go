package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"dewpoint/internal/datadir"
	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/model"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres"
	"dewpoint/internal/store/sqlite"
)

// Place is where an installation keeps what it knows.
type Place struct {
	Dir      string // the data directory
	Database string // postgres:// address; "" for SQLite in the directory
	Version  string // of the program
}

// limit is how long the one transaction of a backup or a restore may take, which no client waits for.
const limit = 6 * time.Hour

func (p Place) sqliteFile() string { return filepath.Join(p.Dir, datadir.DatabaseFile) }

// Backup writes a backup of the place, whose server may be running, into a new file that its owner alone can read.
func (p Place) Backup(ctx context.Context, path, passphrase string) (w Written, err error) {
	db, err := p.attach(ctx)
	if err != nil {
		return w, err
	}
	defer db.Close()
	db.Limits.Own = limit
	return Source{DB: db, Dir: p.Dir, Version: p.Version}.WriteFile(ctx, path, passphrase)
}

func (p Place) attach(ctx context.Context) (*store.DB, error) {
	if p.Database != "" {
		return postgres.Attach(ctx, p.Database, model.Schema())
	}
	return sqlite.Attach(p.sqliteFile(), model.Schema())
}

// Written is a backup in a file.
type Written struct {
	Manifest
	Bytes  int64
	SHA256 string // of the file, in hex
}

// TemporaryPrefix begins the names of files that a backup is being written to, in the folder where it will lie.
const TemporaryPrefix = ".backup-"

// WriteFile is Write into a new file, which is there whole or not at all and survives a power loss then.
func (s Source) WriteFile(ctx context.Context, path, passphrase string) (w Written, err error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return w, errors.Join(err, errs.New(errs.Conflict, "exists", "%s already exists; give the backup another name", errs.Ours(path)))
	}
	f, err := os.CreateTemp(filepath.Dir(path), TemporaryPrefix+"*") // with the mode 0600
	if err != nil {
		return w, fmt.Errorf("making the backup: %w", err)
	}
	defer os.Remove(f.Name())
	digest := sha256.New()
	w.Manifest, err = s.Write(ctx, io.MultiWriter(f, digest), passphrase)
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		w.Bytes, err = f.Seek(0, io.SeekCurrent)
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return w, fmt.Errorf("making the backup: %w", err)
	}
	w.SHA256 = hex.EncodeToString(digest.Sum(nil))
	if err := os.Rename(f.Name(), path); err != nil {
		return w, fmt.Errorf("making the backup: %w", err)
	}
	return w, fileio.Sync(filepath.Dir(path))
}

// stamp is a moment as names of what is moved aside have it.
func stamp(t time.Time) string { return t.UTC().Format("20060102-150405") }
