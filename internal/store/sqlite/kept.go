package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"
)

// The bounds of the statements that a connection keeps. Transactions run few different ones, over and over; what clients think up is prepared beside.
const (
	mostKept      = 64
	longestKept   = 4 << 10
	keptFromTimes = 2 // a text that was run once may have been one for one time
)

// kept are the prepared statements of a connection. To parse a statement takes SQLite longer than to run it, when it looks up a row.
type kept struct {
	byText map[string]*keptStmt
	clock  uint64
}

// keptStmt is a text that was run, and its statement from the second time on.
type keptStmt struct {
	stmt  driverStmt // nil until then
	times int
	used  uint64 // when it was run last, by the clock of its connection
	busy  bool   // its rows are being read
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
	k := c.kept.byText[text]
	if k == nil {
		if err := c.kept.makeRoom(); err != nil {
			return nil, err
		}
		k = &keptStmt{}
		c.kept.byText[text] = k
	}
	c.kept.clock++
	k.times++
	k.used = c.kept.clock
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

func (k *keptStmt) free() { k.busy = false }

// makeRoom drops the statement that wasn't run for the longest time, when there are as many as there may be.
func (k *kept) makeRoom() error {
	if k.byText == nil {
		k.byText = map[string]*keptStmt{}
	}
	if len(k.byText) < mostKept {
		return nil
	}
	oldest := ""
	for text, s := range k.byText {
		if !s.busy && (oldest == "" || s.used < k.byText[oldest].used) {
			oldest = text
		}
	}
	s := k.byText[oldest]
	delete(k.byText, oldest)
	if s == nil || s.stmt == nil {
		return nil
	}
	return s.stmt.Close()
}

// close closes them all, as the connection must have none when it is closed.
func (k *kept) close() (err error) {
	for _, s := range k.byText {
		if s.stmt != nil {
			err = errors.Join(err, s.stmt.Close())
		}
	}
	k.byText = nil
	return err
}

// Close implements driver.Conn.
func (c *conn) Close() error { return errors.Join(c.kept.close(), c.driverConn.Close()) }

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
