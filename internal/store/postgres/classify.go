package postgres

import (
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// The codes of the server that mean something to clients, as listed in appendix A of PostgreSQL's manual.
const (
	uniqueViolation      = "23505"
	serializationFailure = "40001"
	deadlockDetected     = "40P01"
	lockNotAvailable     = "55P03" // lock_timeout
	queryCanceled        = "57014" // statement_timeout, or the caller has gone
	diskFull             = "53100"
	invalidPattern       = "2201B"
	badCharacter         = "22021" // a NUL
)

// Classify implements store.Dialect.
func (dialect) Classify(err error) error {
	var e *pgconn.PgError
	if !errors.As(err, &e) {
		return unreachable(err)
	}
	switch e.Code {
	case uniqueViolation:
		return &store.Taken{Table: e.TableName, Columns: columnsOf(e), Cause: err}
	case diskFull:
		return errs.Wrap(err, errs.Full, "disk_full", "the disk that holds the database is full; free some space and try again")
	case serializationFailure, deadlockDetected, lockNotAvailable:
		return errs.Wrap(err, errs.Unavailable, "database_busy", "the database is busy; try again")
	case queryCanceled:
		return errs.Wrap(err, errs.Unavailable, "cancelled", "the request was cut off before the database answered; try again")
	case invalidPattern:
		return errs.Wrap(err, errs.Invalid, "bad_pattern", "the regular expression is too complex; use a simpler one")
	case badCharacter:
		return errs.Wrap(err, errs.Invalid, "bad_text", "a text has a character that the database can't store")
	}
	// Too many connections, shutting down, starting up: class 08, 53300 and 57P.
	if strings.HasPrefix(e.Code, "08") || strings.HasPrefix(e.Code, "57P") || e.Code == "53300" {
		return away(err)
	}
	return err
}

// columnsOf takes the columns from the name of the index, which is that of the table and the columns; the key has one of its own.
func columnsOf(e *pgconn.PgError) []string {
	name := strings.TrimPrefix(e.ConstraintName, e.TableName+"_")
	if name == "pkey" || name == "_key_key" {
		return []string{"key"}
	}
	return strings.Split(name, schema.UniqueSep)
}

// unreachable recognises a connection that couldn't be made or was lost.
func unreachable(err error) error {
	var connecting *pgconn.ConnectError
	var network net.Error
	switch {
	case errors.As(err, &connecting), errors.As(err, &network), errors.Is(err, driver.ErrBadConn),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed), pgconn.SafeToRetry(err):
		return away(err)
	}
	return err
}

func away(err error) error {
	return errs.Wrap(err, errs.Unavailable, "database_away", "the database can't be reached; try again in a moment")
}
