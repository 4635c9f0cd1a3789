package backup

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/google/renameio/v2"

	"dewpoint/internal/datadir"
	"dewpoint/internal/errs"
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
func (p Place) Backup(ctx context.Context, path, passphrase string) (m Manifest, err error) {
	db, err := p.attach(ctx)
	if err != nil {
		return m, err
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

// WriteFile is Write into a new file, which is there whole or not at all and survives a power loss then.
func (s Source) WriteFile(ctx context.Context, path, passphrase string) (m Manifest, err error) {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return m, errors.Join(err, errs.New(errs.Conflict, "exists", "%s exists already; give the backup another name", errs.Ours(path)))
	}
	f, err := renameio.NewPendingFile(path, renameio.WithPermissions(0o600), renameio.IgnoreUmask())
	if err != nil {
		return m, fmt.Errorf("making the backup: %w", err)
	}
	defer f.Cleanup()
	if m, err = s.Write(ctx, f, passphrase); err != nil {
		return m, fmt.Errorf("making the backup: %w", err)
	}
	if err := f.CloseAtomicallyReplace(); err != nil {
		return m, fmt.Errorf("making the backup: %w", err)
	}
	return m, syncDir(filepath.Dir(path))
}

// syncDir makes the names in a folder survive a power loss.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// stamp is a moment as names of what is moved aside have it.
func stamp(t time.Time) string { return t.UTC().Format("20060102-150405") }
