package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	writer "dewpoint/internal/backup"
	"dewpoint/internal/datadir"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/space"
	"dewpoint/internal/store"
)

// mostAttempts is how often a backup is begun during which the server ends: it might be the backup that ends it.
const mostAttempts = 4

// make makes the backup of a row. What fails is the row's; an error is of the database.
func (c *Controller) make(ctx context.Context, row system.DatabaseBackup) error {
	done, err := measure(c.file(row)) // whole: the server was killed before it could say so
	if errors.Is(err, fs.ErrNotExist) {
		if row.Attempt >= mostAttempts {
			return c.fail(ctx, row, errs.New(errs.Conflict, "cut_off", "the server stopped %d times during the backup", row.Attempt))
		}
		live, err := c.begin(ctx, &row)
		if err != nil || !live {
			return err
		}
		if done, err = c.write(ctx, row); ctx.Err() != nil {
			return nil // the server stops: its next run makes it
		} else if err != nil {
			return c.fail(ctx, row, err)
		}
	} else if err != nil {
		return c.fail(ctx, row, err)
	}
	c.Log.Info("a backup of the database is complete", "backup", row.Key, "path", row.Path, "bytes", done.Bytes, "sealed", row.Sealed)
	return c.complete(ctx, row, done)
}

// write writes the file, if there is room for it.
func (c *Controller) write(ctx context.Context, row system.DatabaseBackup) (writer.Written, error) {
	bytes, err := c.expected(ctx)
	if err != nil {
		return writer.Written{}, err
	}
	release, err := c.Space.Hold(ctx, space.Claim{
		ID: row.TableName() + "/" + schema.IntValue(row.Key).Text(), Path: c.file(row), Bytes: bytes, Where: "the disk that holds the backups",
	})
	if err != nil {
		return writer.Written{}, err
	}
	defer release()
	done, err := c.Write(ctx, c.file(row))
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		err = errs.Wrap(err, errs.Full, "disk_full", "the disk that holds the backups is full; delete files or add space")
	}
	return done, err
}

// leastExpected is what a backup is taken to need when nothing is known of others.
const leastExpected = 16 << 20

// expected is how many bytes a backup may have: no more than SQLite's file, which isn't packed, nor twice the largest one.
func (c *Controller) expected(ctx context.Context) (bytes int64, err error) {
	bytes = leastExpected
	for _, ending := range []string{"", "-wal"} {
		if info, err := os.Stat(filepath.Join(c.Dir, datadir.DatabaseFile+ending)); err == nil {
			bytes += info.Size()
		}
	}
	rows, err := c.rows(ctx)
	for _, row := range rows {
		bytes = max(bytes, 2*row.Bytes)
	}
	return bytes, err
}

// measure reads what was written into a file.
func measure(path string) (w writer.Written, err error) {
	f, err := os.Open(path)
	if err != nil {
		return w, err
	}
	defer f.Close()
	digest := sha256.New()
	w.Bytes, err = io.Copy(digest, f)
	w.SHA256 = hex.EncodeToString(digest.Sum(nil))
	return w, err
}

// begin notes that a backup is being made; live is false when the row was deleted meanwhile.
func (c *Controller) begin(ctx context.Context, row *system.DatabaseBackup) (live bool, err error) {
	row.Attempt, row.Sealed = row.Attempt+1, c.Sealed
	return c.change(ctx, *row, system.DatabaseBackupSet{}.Status(system.BackupRunning).Attempt(row.Attempt).Sealed(row.Sealed), nil)
}

// fail notes why there is no backup.
func (c *Controller) fail(ctx context.Context, row system.DatabaseBackup, why error) error {
	c.Log.Error("the backup of the database failed", "backup", row.Key, "err", why)
	_, err := c.change(ctx, row, system.DatabaseBackupSet{}.Status(system.BackupError).StatusInfo(errs.Shown(why)), nil)
	return err
}

// complete notes that the file is there, and deletes the rows that make room for it.
func (c *Controller) complete(ctx context.Context, row system.DatabaseBackup, done writer.Written) error {
	set := system.DatabaseBackupSet{}.Status(system.BackupComplete).Null(system.DatabaseBackupCol.StatusInfo).Bytes(done.Bytes).SHA256(done.SHA256)
	_, err := c.change(ctx, row, set, prune)
	return err
}

// change writes a row that may have been deleted meanwhile, and does something more in the same transaction.
func (c *Controller) change(ctx context.Context, row system.DatabaseBackup, set system.DatabaseBackupSet, more func(*store.Tx, system.DatabaseBackup) error) (live bool, err error) {
	err = c.DB.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		_, err := tx.Get(row.TableName(), schema.IntValue(row.Key))
		if live = err == nil; errs.Is(err, errs.NotFound) {
			return nil
		}
		if err == nil {
			err = store.Write(tx, row.Key, set)
		}
		if err == nil && more != nil {
			err = more(tx, row)
		}
		return err
	})
	return live, err
}

// prune deletes the scheduled backups that are older than those which the latest one leaves, the failed ones among them too.
func prune(tx *store.Tx, latest system.DatabaseBackup) error {
	if !latest.Scheduled || latest.Keep == 0 {
		return nil
	}
	rows, err := store.FindRows[system.DatabaseBackup](tx, store.Is(system.DatabaseBackupCol.Scheduled, true))
	if err != nil {
		return err
	}
	kept := int64(0)
	for i := len(rows) - 1; i >= 0; i-- {
		row := rows[i]
		switch {
		case row.Status == system.BackupQueued, row.Status == system.BackupRunning:
		case kept >= latest.Keep:
			if err := retire(tx, row); err != nil {
				return err
			}
		case row.Status == system.BackupComplete:
			kept++
		}
	}
	return nil
}

// retire deletes a row; the next pass removes its file.
func retire(tx *store.Tx, row system.DatabaseBackup) error {
	if err := tx.Delete(row.TableName(), schema.IntValue(row.Key)); err != nil {
		return err
	}
	_, err := store.Insert(tx, system.LogSet{}.Level(system.LogAudit).Text("deleted Database backup \""+row.Name+"\" because newer ones exist").User("schedule").
		ObjectType("system").ObjectName(row.Name).Object(row.TableName()+"/"+schema.IntValue(row.Key).Text()))
	return err
}
