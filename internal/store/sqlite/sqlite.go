// Package sqlite opens a store in a SQLite file: WAL, one writer, many readers, and a commit that survives a power loss.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// readers bounds the connections that look rows up at the same time.
const readers = 8

// Open opens or makes the database file at path and brings it up to the declarations.
func Open(ctx context.Context, path string, s *schema.Schema) (*store.DB, error) {
	c, err := connect(path, s)
	if err != nil {
		return nil, err
	}
	db, err := store.New(ctx, c)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("opening %s: %w", path, err), c.Close())
	}
	return db, nil
}

// Attach opens the database file at path, which must exist, to be read as it is; a server may be using it.
func Attach(path string, s *schema.Schema) (*store.DB, error) {
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	c, err := connect(path, s)
	if err != nil {
		return nil, err
	}
	return store.Attach(c), nil
}

// connect makes the pools; nothing is opened yet.
func connect(path string, s *schema.Schema) (c store.Config, err error) {
	if err := registerFunctions(); err != nil {
		return c, err
	}
	// SQLite would make the file readable for everybody, and gives its journal the file's mode.
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return c, fmt.Errorf("opening the database: %w", err)
	}
	file.Close()
	// secure_delete overwrites what a write removes from a page with zeros: a secret that was sealed or deleted doesn't stay in the file.
	write, err := open(dsn(path, "immediate", "synchronous(FULL)", "cache_size(-4096)", "secure_delete(FAST)"), 1)
	if err != nil {
		return c, err
	}
	// The kernel has the file's pages in its own cache: a small one here for each connection is enough. The file isn't mapped, since each connection would
	// map it again, which counts as memory each time, and a page that the disk can't give would end the process.
	limits, reading := store.DefaultLimits(), dsn(path, "deferred", "query_only(1)", "cache_size(-1024)", "mmap_size(0)")
	read, err := open(reading, readers)
	if err != nil {
		return c, err
	}
	scan, err := open(reading, limits.MostScans())
	if err != nil {
		return c, err
	}
	return store.Config{
		Pools: store.Pools{Read: read, Scan: scan, Write: write}, SQL: store.SQLite(), Dialect: dialect{}, Schema: s, Limits: limits,
		Snapshot: sql.TxOptions{ReadOnly: true},
	}, nil
}

func dsn(path, lock string, pragmas ...string) string {
	q := url.Values{"_txlock": {lock}}
	for _, p := range append([]string{"journal_mode(WAL)", "busy_timeout(10000)", "temp_store(MEMORY)"}, pragmas...) {
		q.Add("_pragma", p)
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

type dialect struct{}

// Prepare implements store.Dialect: the functions belong to the process.
func (dialect) Prepare(context.Context, *sql.Tx) error { return nil }

// Lock implements store.Dialect: a write transaction begins with SQLite's own lock.
func (dialect) Lock(context.Context, *sql.Tx) error { return nil }

// Columns implements store.Dialect.
func (dialect) Columns() string {
	return `SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'`
}

// Indexes implements store.Dialect.
func (dialect) Indexes() string {
	return `SELECT tbl_name, name FROM sqlite_schema WHERE type = 'index'`
}

// Numbers implements store.Dialect: SQLite keeps them in a table of its own.
func (dialect) Numbers() string { return `SELECT name, seq FROM sqlite_sequence` }

// Renumber implements store.Dialect. See https://sqlite.org/autoinc.html: that table may be written.
func (dialect) Renumber(ctx context.Context, tx *sql.Tx, table, _ string, last int64) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM sqlite_sequence WHERE name = ?`, table); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)`, table, last)
	return err
}

// SetAside implements store.Dialect: a file has room for one table of a name. Who would keep the tables keeps the file.
func (dialect) SetAside(ctx context.Context, tx *sql.Tx, tables []string, _ string) error {
	for _, t := range tables {
		if _, err := tx.ExecContext(ctx, `DROP TABLE IF EXISTS "`+t+`"`); err != nil {
			return err
		}
	}
	return nil
}

// Loaded has nothing to do: plans don't depend on statistics here.
func (dialect) Loaded(context.Context, *sql.Tx, []string) error { return nil }

// uniqueColumns finds what SQLite tells of a constraint: "UNIQUE constraint failed: members.parent_group, members.member".
var uniqueColumns = regexp.MustCompile(`UNIQUE constraint failed: (([a-z_0-9]+)\.[a-z_0-9]+(?:, [a-z_0-9]+\.[a-z_0-9]+)*)`)

// Classify implements store.Dialect.
func (dialect) Classify(err error) error {
	var e *sqlite.Error
	if !errors.As(err, &e) {
		return err
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CONSTRAINT:
		if m := uniqueColumns.FindStringSubmatch(e.Error()); m != nil {
			columns := strings.Split(m[1], ", ")
			for i := range columns {
				columns[i] = strings.TrimPrefix(strings.TrimPrefix(columns[i], m[2]+"."), "_")
			}
			return &store.Taken{Table: m[2], Columns: columns, Cause: err}
		}
	case sqlite3.SQLITE_FULL:
		return errs.Wrap(err, errs.Full, "disk_full", "the disk that holds the database is full; free some space and try again")
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return errs.Wrap(err, errs.Unavailable, "database_busy", "the database is busy; try again")
	case sqlite3.SQLITE_INTERRUPT:
		return errs.Wrap(err, errs.Unavailable, "cancelled", "the request was cut off before the database answered; try again")
	}
	return err
}
