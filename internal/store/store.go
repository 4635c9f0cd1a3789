// Package store keeps the declared tables in a SQL database: it makes the tables from the declarations, reads and writes rows inside
// transactions, renders query plans to SQL, and tells who listens what changed. What differs between databases lies in the
// packages below it, which open a DB.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// Verb says what happened to a row.
type Verb uint8

// The verbs of a Change.
const (
	Created Verb = iota
	Changed
	Deleted
	Purged // a tombstone was cleared away
)

// Change is one row that a transaction touched. Its key is null when any row of the table may have changed: so watchers hear of what they
// missed, and of more changes at once than are told singly. Columns names what was written where the transaction changed the row; watchers
// needn't be told.
type Change struct {
	Table   *schema.Table
	Key     schema.Value
	Verb    Verb
	Columns []string
}

// Dialect is what one kind of database does differently.
type Dialect interface {
	// Prepare makes what rendered queries need in the database; it may be run any number of times.
	Prepare(ctx context.Context, tx *sql.Tx) error
	// Lock is the first thing in each write transaction. It waits until no other one is under way.
	Lock(ctx context.Context, tx *sql.Tx) error
	// Classify turns a driver's error into a typed one or into a Taken, or returns it as it is.
	Classify(err error) error
	// Arguments makes the arguments of a statement fit the driver, for as long as the statement runs; done is called after it. What ctx stops
	// must stop the functions too that the statement calls.
	Arguments(ctx context.Context, args []any) (fitting []any, done func(), err error)
	// Columns is the query for the columns that tables have now: the table's name and the column's.
	Columns() string
	// Indexes is the query for the indexes that there are now: the table's name and the index's.
	Indexes() string
	// Numbers is the query for the last number that was given to a row of each table, with the table's name first. Tables that never had a row
	// may be missing.
	Numbers() string
	// Renumber makes the next row of a table get the number behind last, in the column that numbers its rows.
	Renumber(ctx context.Context, tx *sql.Tx, table, column string, last int64) error
	// SetAside makes room for other tables of the same names. Where the database can keep the old ones they are kept, by the name aside.
	SetAside(ctx context.Context, tx *sql.Tx, tables []string, aside string) error
	// Loaded is told of tables whose rows have come all at once.
	Loaded(ctx context.Context, tx *sql.Tx, tables []string) error
}

// Feed is what the processes that share a database have between them: the news of changes, and locks.
type Feed interface {
	// Start begins to listen. Tell has to be called for each transaction that any process commits, in the order of the commits. Last reads the
	// number of the last committed entry of the log of changes.
	Start(ctx context.Context, tell func([]Change), last func(context.Context) (int64, error)) error
	// Send puts the changes of a transaction on their way, which they go when it commits; last is the number of its last entry in the log, 0 when
	// it has none. The caller calls ended once that is decided; if it was committed, ended returns after the changes have been told in this process.
	Send(ctx context.Context, tx *sql.Tx, changes []Change, last int64) (ended func(committed bool), err error)
	// Await returns once the changes up to that number of the log have been told in this process.
	Await(ctx context.Context, last int64) error
	// TryHold takes the lock of that name for as long as the connection lives; false when another connection has it.
	TryHold(ctx context.Context, conn *sql.Conn, name string) (bool, error)
	// Close stops telling.
	Close() error
}

// Pools are the connections to a database. Write must serialise its transactions. Scan is for queries that may look at whole tables, so that
// they leave Read to the others; it has as many connections as Limits.MostScans says.
type Pools struct{ Read, Scan, Write *sql.DB }

// Close ends all connections.
func (p Pools) Close() error { return errors.Join(p.Read.Close(), p.Scan.Close(), p.Write.Close()) }

// Config is what New needs.
type Config struct {
	Pools
	SQL     SQL
	Dialect Dialect
	Schema  *schema.Schema
	// Snapshot are the options of a transaction that reads everything as it is at one moment.
	Snapshot sql.TxOptions
	// Feed is nil when no other process writes.
	Feed Feed
	// Now is the clock; time.Now when nil.
	Now func() time.Time
	// Limits are the times that statements have.
	Limits Limits
}

// DB is an open database. It is safe for concurrent use. Its connections are its own: a write past it would reach neither the log of changes
// nor the watchers.
type DB struct {
	Schema *schema.Schema
	Now    func() time.Time
	Limits Limits

	pools      Pools
	sql        SQL
	dialect    Dialect
	snapshot   sql.TxOptions
	feed       Feed
	statements *statementCache
	scans      *statementCache // of the pool Scan
	turns      *turns
	looks      looks
	kept       int64 // entries of the log of changes
	trace      atomic.Pointer[func(string)]
	leads      leads
	writers    writers

	mu       sync.Mutex // held while watchers are told
	watchers []func([]Change)
}

// New brings the database up to the declarations and returns it ready for use.
func New(ctx context.Context, c Config) (*DB, error) {
	db := newDB(c)
	if err := db.migrate(ctx); err != nil {
		return nil, fmt.Errorf("bringing the database up to date: %w", db.classify(err))
	}
	if db.feed != nil {
		if err := db.feed.Start(ctx, db.tell, db.LastChange); err != nil {
			return nil, fmt.Errorf("listening for changes: %w", db.classify(err))
		}
	}
	return db, nil
}

// Attach returns a database ready to be read as it is, whichever version of the program has used it last: nothing is brought up to date, and
// no other process is listened to. Only what the database has may be asked for: see Shapes.
func Attach(c Config) *DB {
	c.Feed = nil
	return newDB(c)
}

func newDB(c Config) *DB {
	db := &DB{
		Schema: c.Schema, Now: c.Now, Limits: c.Limits,
		pools: c.Pools, sql: c.SQL, dialect: c.Dialect, snapshot: c.Snapshot, feed: c.Feed,
		kept: keptChanges, statements: newStatementCache(), scans: newStatementCache(), turns: newTurns(c.Limits.Scans, c.Limits.PerCaller),
	}
	if db.Now == nil {
		db.Now = time.Now
	}
	return db
}

// Close ends all connections.
func (db *DB) Close() error {
	db.statements.close()
	db.scans.close()
	var err error
	if db.feed != nil {
		err = db.feed.Close()
	}
	return errors.Join(err, db.pools.Close())
}

// Shared reports whether other processes may have the database open too.
func (db *DB) Shared() bool { return db.feed != nil }

// Watch calls f after each commit with what it changed, in the order of the commits, whichever process made it. F must not block.
func (db *DB) Watch(f func([]Change)) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.watchers = append(db.watchers, f)
}

// Tx is a transaction. It must not be used by two goroutines at once nor after the function that got it has returned.
type Tx struct {
	ctx     context.Context
	db      *DB
	sql     *sql.Tx
	changes []Change
	pending []Pending
	faulty  error // a column that isn't declared was asked for
	at      time.Time
	joins   bool // others have written in it before, which isn't committed yet
}

// View runs f in a read transaction: everything it reads is of one moment.
func (db *DB) View(ctx context.Context, f func(*Tx) error) error {
	ctx, cancel := db.limited(ctx)
	defer cancel()
	tx, err := db.pools.Read.BeginTx(ctx, &db.snapshot)
	if err != nil {
		return db.ended(ctx, err)
	}
	defer tx.Rollback()
	return late(ctx, (&Tx{ctx: ctx, db: db, sql: tx, at: db.Now()}).run(f))
}

// Update runs f in a write transaction and commits when f returns nil; then the change survives a power loss, and the watchers are told.
// There is one writer at a time: f must do no slow work. Writers that wait for each other share a commit.
func (db *DB) Update(ctx context.Context, f func(*Tx) error) error {
	if db.feed == nil {
		return db.share(ctx, f)
	}
	return db.write(ctx, func(tx *Tx) error {
		if err := tx.run(f); err != nil {
			return err
		}
		last, err := tx.logChanges()
		if err != nil {
			return err
		}
		return tx.commit(last)
	})
}

// DryRun runs f like Update, and then undoes everything.
func (db *DB) DryRun(ctx context.Context, f func(*Tx) error) error {
	return db.write(ctx, func(tx *Tx) error { return tx.run(f) })
}

// write runs f in a write transaction, which f has to commit.
func (db *DB) write(ctx context.Context, f func(*Tx) error) error {
	ctx, cancel := db.limited(ctx)
	defer cancel()
	if db.feed == nil {
		if err := db.alone(ctx); err != nil {
			return db.ended(ctx, err)
		}
		defer db.writers.free()
	}
	tx, err := db.pools.Write.BeginTx(ctx, nil)
	if err != nil {
		return db.ended(ctx, err)
	}
	defer tx.Rollback()
	if err := db.dialect.Lock(ctx, tx); err != nil {
		return db.ended(ctx, err)
	}
	return late(ctx, f(&Tx{ctx: ctx, db: db, sql: tx, at: db.Now()}))
}

// commit makes the changes last and tells the watchers; last is the number of the last entry in the log.
func (tx *Tx) commit(last int64) error {
	db := tx.db
	switch {
	case db.feed == nil:
		return db.commitShared(&shared{sql: tx.sql, parts: []*Tx{tx}})
	case len(tx.changes) == 0:
		return db.classify(tx.sql.Commit())
	}
	ended, err := db.feed.Send(tx.ctx, tx.sql, tx.changes, last)
	if err != nil {
		return db.classify(err)
	}
	err = tx.sql.Commit()
	ended(err == nil)
	return db.classify(err)
}

// Told reports whether the watchers have been told of all that a write transaction can see and hasn't done itself. They have where its server is the
// only one and it shares no commit with a writer before it; of others' commits they hear a moment later.
func (tx *Tx) Told() bool {
	if tx.db.feed != nil || tx.joins {
		return false
	}
	tx.db.mu.Lock() // the writer before this one tells them while it holds the lock
	defer tx.db.mu.Unlock()
	return true
}

func (db *DB) tell(changes []Change) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.tellLocked(changes)
}

func (db *DB) tellLocked(changes []Change) {
	for _, watch := range db.watchers {
		watch(changes)
	}
}

// run fails when f has asked a record for a column that isn't declared, whatever f made of the answer.
func (tx *Tx) run(f func(*Tx) error) error {
	if err := f(tx); err != nil {
		return err
	}
	return tx.faulty
}

func (tx *Tx) fault(err error) { tx.faulty = err }

// Now is the moment of the transaction.
func (tx *Tx) Now() time.Time { return tx.at }

// Schema returns the declarations of the database.
func (tx *Tx) Schema() *schema.Schema { return tx.db.Schema }

func (tx *Tx) note(t *schema.Table, key schema.Value, verb Verb, columns ...string) {
	tx.changes = append(tx.changes, Change{t, key, verb, columns})
}

// Touch tells the watchers that a row changed although no column of it was written.
func (tx *Tx) Touch(table string, key schema.Value) {
	tx.note(tx.db.Schema.Table(table), key, Changed)
}

// table returns the declaration; a name that isn't declared is a defect of the caller.
func (tx *Tx) table(name string) *schema.Table {
	t := tx.db.Schema.Table(name)
	if t == nil {
		panic("store: table " + name + " is not declared")
	}
	return t
}

func (db *DB) classify(err error) error {
	switch {
	case err == nil, errs.As(err) != nil:
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return errs.Wrap(err, errs.Unavailable, cancelled, "the request was cut off before the database answered; try again")
	}
	err = db.dialect.Classify(err)
	if taken, ok := errors.AsType[*Taken](err); ok && db.Schema.Table(taken.Table) != nil {
		return taken.shown(db.Schema.Table(taken.Table))
	}
	return err
}
