// Package datadir holds the data directory and the database together. Bytes lie in the one and the rows that say what they are in the
// other: where an older, an empty or a foreign database comes to a directory that has gone on, everything newer would look like
// something that nobody wants. So each knows the other, and a server starts only where they fit (docs/design/0009-directory-and-database.md).
package datadir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// DatabaseFile is the name of the SQLite file in a data directory.
const DatabaseFile = "dewpoint.db"

// behind is from how many changes on a mark that is behind the database is worth a word: no crash leaves so many unmarked.
const behind = 10_000

// Dir is a data directory with its database.
type Dir struct {
	path string
	db   *store.DB
	log  *slog.Logger
	news chan struct{}
	held atomic.Bool // the bytes of the database lie here, and nowhere else
}

// Config is what Open needs.
type Config struct {
	Path  string // of the data directory, which is there and locked
	DB    *store.DB
	Where string // what people call the database
	Adopt bool   // take the database for the truth, whatever the directory has known
	Log   *slog.Logger
}

// FindDatabase fails when the SQLite file of a data directory is missing that has been used: to open the file would make an empty one.
func FindDatabase(path string) error {
	if err := notRestoring(path); err != nil {
		return err
	}
	d, err := look(path)
	if err != nil {
		return err
	}
	file := filepath.Join(path, DatabaseFile)
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if found := judge(d, database{where: "the database " + file + " is missing; a new one"}); found != "" {
		return &Mismatch{Found: found, dir: path}
	}
	return nil
}

// HasDatabase reports whether the data directory has a file of SQLite. It says nothing of what is in it.
func HasDatabase(path string) bool {
	_, err := os.Stat(filepath.Join(path, DatabaseFile))
	return err == nil
}

// Open holds a data directory and a database against each other, before anything else reads or writes them. It fails with a Mismatch
// when they don't belong together, unless they are to be adopted.
func Open(ctx context.Context, c Config) (*Dir, error) {
	dir := &Dir{path: c.Path, db: c.DB, log: c.Log, news: make(chan struct{}, 1)}
	c.DB.Watch(dir.hear)
	if err := notRestoring(c.Path); err != nil {
		return nil, err
	}
	d, err := look(c.Path)
	if err != nil {
		return nil, err
	}
	db, err := read(ctx, c.DB, c.Where)
	if err != nil {
		return nil, err
	}
	found := judge(d, db)
	switch {
	case c.Adopt && elsewhere(d, db):
		return nil, fmt.Errorf("another server keeps the files and disks of %s: --adopt belongs there", c.Where)
	case c.Adopt && found != "":
		return dir, dir.adopt(ctx, d, found)
	case found != "":
		return nil, &Mismatch{Found: found, dir: c.Path}
	}
	if d.mark != nil && !elsewhere(d, db) && db.generation-d.mark.Generation > behind {
		c.Log.Warn("the data directory is older than the database; if it is a copy, files and disks created since then are missing",
			"changes", db.generation-d.mark.Generation, "used", d.mark.Written)
	}
	return dir, nil
}

// Settle gives the database a lineage, where it has none, marks the directory, and removes what a crash left half written in it. The keeper calls it, once the row of the system is there.
func (d *Dir) Settle(ctx context.Context) error {
	if err := dropDrafts(d.path); err != nil {
		return err
	}
	err := d.db.Update(ctx, func(tx *store.Tx) error {
		row, err := systemRow(tx)
		if err != nil || row.Lineage != "" {
			return err
		}
		return tx.Change(row.TableName(), schema.IntValue(row.Key), schema.Set{"lineage": schema.TextValue(newLineage())})
	})
	if err != nil {
		return fmt.Errorf("marking the database: %w", err)
	}
	return d.write(ctx)
}

// write marks the directory with what the database has committed.
func (d *Dir) write(ctx context.Context) error {
	m, err := MarkOf(ctx, d.db)
	if err != nil {
		return err
	}
	return m.Write(d.path)
}

// MarkOf is the mark of a directory that a database, which has a lineage, is used with now.
func MarkOf(ctx context.Context, db *store.DB) (m Mark, err error) {
	err = db.View(ctx, func(tx *store.Tx) error {
		row, err := systemRow(tx)
		if err != nil {
			return err
		}
		m = Mark{Instance: row.Instance, Lineage: row.Lineage, Written: tx.Now().UTC()}
		if m.Generation, err = tx.LastChange(); err != nil {
			return err
		}
		m.Numbers, err = tx.Numbers()
		return err
	})
	if err != nil {
		return m, fmt.Errorf("reading how far the database is: %w", err)
	}
	return m, nil
}
