package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"

	"dewpoint/internal/lru"
)

// The bounds of the statements that a connection keeps. Transactions run few different ones, over and over; what clients think up is prepared beside.
const (
	mostKept      = 64
	longestKept   = 4 << 10
	keptFromTimes = 2 // a text that was run once may have been one for one time
)

// kept are the prepared statements of a connection, by their text. To parse a statement takes SQLite longer than to run it, when it looks up a row.
type kept = lru.Cache[string, *keptStmt]

func newKept() kept { return kept{Most: mostKept, Dropped: (*keptStmt).drop} }

// keptStmt is a text that was run, and its statement from the second time on.
type keptStmt struct {
	stmt    driverStmt // nil until then
	times   int
	busy    bool // its rows are being read
	dropped bool
}

// lasting reports whether a text is worth keeping: one statement, of those that transactions consist of.
func lasting(text string) bool {
	if len(text) > longestKept {
		return false
	}
	verb, _, _ := strings.Cut(text, " ")
	switch verb {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "WITH":
		return true
	}
	return false
}

// keep returns the statement of a text for one run, or nil where it is to be run as it is. The caller says by free when the run is over.
func (c *conn) keep(ctx context.Context, text string) (*keptStmt, error) {
	if !lasting(text) {
		return nil, nil
	}
	k, ok := c.kept.Get(text)
	if !ok {
		k = &keptStmt{}
		c.kept.Put(text, k)
	}
	k.times++
	if k.busy || k.times < keptFromTimes {
		return nil, nil
	}
	if k.stmt == nil {
		s, err := c.driverConn.PrepareContext(ctx, text)
		if err != nil {
			return nil, err
		}
		inner, ok := s.(driverStmt)
		if !ok {
			return nil, errors.Join(errStatement(s), s.Close())
		}
		k.stmt = inner
	}
	k.busy = true
	return k, nil
}

func (k *keptStmt) free() {
	if k.busy = false; k.dropped {
		k.drop()
	}
}

// drop closes a statement that isn't kept any more, once it isn't busy. What SQLite says of closing one is how its last run ended, which is known.
func (k *keptStmt) drop() {
	if k.dropped = true; k.stmt != nil && !k.busy {
		_ = k.stmt.Close()
	}
}

// Close implements driver.Conn. SQLite closes no connection that has statements.
func (c *conn) Close() error {
	c.kept.Clear()
	return c.driverConn.Close()
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	k, err := c.keep(ctx, query)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return c.driverConn.ExecContext(ctx, query, args)
	}
	defer k.free()
	return k.stmt.ExecContext(ctx, args)
}

// query runs a query that gives rows; free is called when they are closed.
func (c *conn) query(ctx context.Context, text string, args []driver.NamedValue) (found driver.Rows, free func(), err error) {
	k, err := c.keep(ctx, text)
	if err != nil {
		return nil, nil, err
	}
	if k == nil {
		found, err = c.driverConn.QueryContext(ctx, text, args)
		return found, func() {}, err
	}
	if found, err = k.stmt.QueryContext(ctx, args); err != nil {
		k.free()
	}
	return found, k.free, err
}
