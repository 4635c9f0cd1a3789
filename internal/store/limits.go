package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"dewpoint/internal/errs"
)

// Limits bound what the database does for one caller: each class of statement has a time, after which it is stopped.
type Limits struct {
	// Request is the time of a read or write transaction, and of a narrow query, that a client waits for; with the wait for a connection.
	Request time.Duration
	// Own is that of the transactions of the manager itself, which look at more rows at once.
	Own time.Duration
	// Scan is the time of a query that may look at all rows of a table, without the wait for its turn.
	Scan time.Duration
	// Export is the time of one whose result is being sent on piece by piece.
	Export time.Duration
	// Turn is how long a scan waits for its turn.
	Turn time.Duration
	// Scans is how many scans there may be at once, of which one caller may have PerCaller.
	Scans, PerCaller int
}

// DefaultLimits returns the limits that hold unless somebody says otherwise. Of a scan's time nothing is lost by waiting: that of five
// seconds is what a client bears, and twice as long is what the slowest list over 20,000 VMs takes on a busy machine.
func DefaultLimits() Limits {
	return Limits{
		Request: 15 * time.Second, Own: 60 * time.Second, Scan: 10 * time.Second, Export: 10 * time.Minute, Turn: 10 * time.Second,
		Scans: 6, PerCaller: 3,
	}
}

// Exports is how many queries may at once have Query.Export called: they hold connections beside those of the scans.
const Exports = 4

// MostScans is how many connections of a pool for scans can be in use with these limits.
func (l Limits) MostScans() int { return l.Scans + Exports }

type requestKey struct{}

// Requested marks a context as that of a client's request, which has less time than the manager's own work.
func Requested(ctx context.Context) context.Context {
	return context.WithValue(ctx, requestKey{}, true)
}

// Reasons of the end of a statement that its caller did not ask for.
var (
	errLate error = errs.New(errs.Unavailable, "database_slow", "the database did not answer in time; try again in a moment").After(5 * time.Second)
	errSlow error = errs.New(errs.Invalid, "too_slow", "the request took too long and was stopped; "+
		"narrow it with a filter on the key, a name or another column with few matches, or ask for fewer or simpler fields")
	errTurn error = errs.New(errs.Unavailable, "too_many_scans", "too many requests are searching whole tables; "+
		"try again in a moment, or ask for rows by their key").After(5 * time.Second)
)

// limited returns a context for a transaction or a narrow query.
func (db *DB) limited(ctx context.Context) (context.Context, context.CancelFunc) {
	limit := db.Limits.Own
	if ctx.Value(requestKey{}) != nil {
		limit = db.Limits.Request
	}
	return context.WithTimeoutCause(ctx, limit, errLate)
}

// ended turns the error of a statement that ran with ctx into a typed one: when a limit has stopped it, that is the reason, whatever the
// driver made of it.
func (db *DB) ended(ctx context.Context, err error) error { return db.classify(late(ctx, err)) }

// late gives an error that came because a limit was reached the limit for its reason.
func late(ctx context.Context, err error) error {
	cause := context.Cause(ctx)
	if err != nil && (cause == errLate || cause == errSlow) && stopped(err) {
		return cause
	}
	return err
}

// stopped reports whether an error can be that of a statement that was stopped.
func stopped(err error) bool {
	typed := errs.As(err)
	return typed == nil || typed.Code == cancelled || errors.Is(err, sql.ErrTxDone)
}

// cancelled is the code of errors of statements that were stopped.
const cancelled = "cancelled"

// Scanning is how many queries that may look at whole tables run now.
func (db *DB) Scanning() int {
	db.turns.mu.Lock()
	defer db.turns.mu.Unlock()
	return db.turns.taken
}
