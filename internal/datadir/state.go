package datadir

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// directory is what a data directory says of itself.
type directory struct {
	path     string
	mark     *Mark  // nil in a new one, and in one that only older versions have used
	instance string // "" when no keeper has ever used it
	server   string // "" in a new one
	bytes    bool   // bytes of rows lie in it
}

func look(path string) (d directory, err error) {
	d.path = path
	if d.mark, err = ReadMark(path); err != nil {
		return d, err
	}
	if d.instance, err = word(path, instanceFile); err != nil {
		return d, err
	}
	if d.server, err = word(path, serverFile); err != nil {
		return d, err
	}
	d.bytes, err = holdsBytes(path)
	return d, err
}

// notRestoring fails when a restore was cut off.
func notRestoring(path string) error {
	before := filepath.Join(path, RestoreFolder, BeforeFolder)
	if _, err := os.Stat(before); err != nil {
		return present(err)
	}
	return fmt.Errorf("a restore into %s was cut off: run \"dewpoint database restore FILE\" again. What was there before lies in %s", path, before)
}

// RestoreFolder is the folder of a data directory in which a restore works; as long as its BeforeFolder is there, the restore isn't done, and no
// server starts.
const (
	RestoreFolder = "restore"
	BeforeFolder  = "before"
)

// database is what the database says of itself. Instance is empty in a new one.
type database struct {
	where             string // for people
	instance, lineage string
	keeper            string // server-id of the server in whose directory the bytes are; "" for whoever asks
	generation        int64
	bytes             bool // there are rows that bytes belong to
}

// read reads the database as it is at one moment.
func read(ctx context.Context, db *store.DB, where string) (d database, err error) {
	d.where = where
	err = db.View(ctx, func(tx *store.Tx) error {
		row, err := systemRow(tx)
		if err != nil {
			return err
		}
		d.instance, d.lineage, d.keeper = row.Instance, row.Lineage, row.Keeper
		if d.generation, err = tx.LastChange(); err != nil {
			return err
		}
		d.bytes, err = needsBytes(tx)
		return err
	})
	if err != nil {
		return d, fmt.Errorf("asking the database what it is: %w", err)
	}
	if !db.Shared() {
		d.keeper = ""
	}
	return d, nil
}

// systemRow is the one row about the whole system; it has no key in a new database.
func systemRow(tx *store.Tx) (system.System, error) {
	found, err := store.FindRows[system.System](tx)
	if err != nil || len(found) == 0 {
		return system.System{}, err
	}
	return found[0], nil
}

// needsBytes reports whether rows stand for files or disks.
func needsBytes(tx *store.Tx) (bool, error) {
	for table, conds := range map[string][]store.Cond{
		"files":          {store.Everything()},
		"machine_drives": {store.Everything(), store.Other("media", schema.TextValue("cdrom"))},
	} {
		if n, err := tx.Count(table, conds...); n > 0 || err != nil {
			return n > 0, err
		}
	}
	return false, nil
}
