// Package backup carries out the rows of database_backups: it writes the files, removes those of deleted rows and opens them for download. A
// row is complete only once its file is safely on the disk (docs/design/0009-directory-and-database.md).
package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	writer "dewpoint/internal/backup"
	"dewpoint/internal/errs"
	"dewpoint/internal/fileio"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/space"
	"dewpoint/internal/store"
)

// Config is what a controller works with.
type Config struct {
	DB    *store.DB
	Dir   string // the data directory
	Space *space.Account
	// Write writes a backup into a new file, whole or not at all.
	Write  func(ctx context.Context, path string) (writer.Written, error)
	Sealed bool // it takes a passphrase to read what Write writes
	Log    *slog.Logger
}

// Controller keeps the backups of one data directory. Of several servers with one database only the keeper has one.
type Controller struct{ Config }

// New makes a controller.
func New(c Config) *Controller { return &Controller{c} }

// Name is the area, for logs.
func (c *Controller) Name() string { return "backup" }

// Reconcile clears away what was deleted or cut off, and makes what is asked for, one after the other.
func (c *Controller) Reconcile(ctx context.Context) error {
	if err := os.MkdirAll(c.folder(), 0o700); err != nil {
		return fmt.Errorf("making the folder for backups: %w", err)
	}
	if err := c.removeHalves(); err != nil {
		return err
	}
	rows, err := c.rows(ctx)
	if err != nil {
		return err
	}
	for _, row := range rows {
		if err := c.settle(ctx, row); err != nil {
			return fmt.Errorf("backup %d: %w", row.Key, err)
		}
	}
	return nil
}

// settle does what the state of a row asks for.
func (c *Controller) settle(ctx context.Context, row system.DatabaseBackup) error {
	switch {
	case row.Deleted:
		return c.purge(ctx, row)
	case row.Status == system.BackupQueued, row.Status == system.BackupRunning: // running: the server ended meanwhile
		return c.make(ctx, row)
	case row.Status == system.BackupComplete:
		if _, err := os.Lstat(c.file(row)); errors.Is(err, fs.ErrNotExist) {
			return c.fail(ctx, row, errs.New(errs.NotFound, "file_missing", "its file is missing"))
		}
	}
	return nil
}

func (c *Controller) folder() string { return filepath.Join(c.Dir, system.BackupsFolder) }

func (c *Controller) file(row system.DatabaseBackup) string {
	return filepath.Join(c.folder(), filepath.Base(row.Path))
}

func (c *Controller) rows(ctx context.Context) (rows []system.DatabaseBackup, err error) {
	err = c.DB.View(ctx, func(tx *store.Tx) error {
		rows, err = store.FindRows[system.DatabaseBackup](tx, store.Everything())
		return err
	})
	return rows, err
}

// removeHalves removes what a server that was killed had not written to its end. Whole files stay, even those without a row: they may be newer
// than a database that was brought back.
func (c *Controller) removeHalves() error {
	entries, err := os.ReadDir(c.folder())
	if err != nil {
		return fmt.Errorf("reading the folder for backups: %w", err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), writer.TemporaryPrefix) {
			continue
		}
		if err := fileio.Remove(filepath.Join(c.folder(), e.Name())); err != nil {
			return fmt.Errorf("removing half a backup: %w", err)
		}
	}
	return nil
}

// purge clears a tombstone away, the bytes first.
func (c *Controller) purge(ctx context.Context, row system.DatabaseBackup) error {
	if err := fileio.Remove(c.file(row)); err != nil {
		return fmt.Errorf("removing the file: %w", err)
	}
	return c.DB.Update(ctx, func(tx *store.Tx) error { return tx.Purge(row.TableName(), schema.IntValue(row.Key)) })
}

// Open opens a complete backup for reading: NotFound when there is no such row, Conflict when it isn't complete. It asks nobody's permission. The
// caller closes it.
func (c *Controller) Open(ctx context.Context, key int64) (content io.ReadSeekCloser, name string, modified time.Time, err error) {
	var row system.DatabaseBackup
	err = c.DB.View(ctx, func(tx *store.Tx) error {
		row, err = store.GetRow[system.DatabaseBackup](tx, key)
		return err
	})
	if err != nil {
		return nil, "", time.Time{}, err
	}
	if row.Status != system.BackupComplete {
		return nil, "", time.Time{}, errs.New(errs.Conflict, "backup_incomplete", "backup %q can't be downloaded: its status is %s", row.Name, row.Status)
	}
	f, err := os.Open(c.file(row))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", time.Time{}, errs.Wrap(err, errs.Conflict, "file_missing", "the file of backup %q is missing", row.Name)
	}
	if err != nil {
		return nil, "", time.Time{}, fmt.Errorf("opening backup %d: %w", key, err)
	}
	return f, filepath.Base(row.Path), time.Unix(row.Created, 0).UTC(), nil
}
