package store

import (
	"context"
	"database/sql"
	"slices"
	"sync"

	"dewpoint/internal/errs"
)

// mostParts bounds how many of our transactions are one of the database: the first is acknowledged when the last is written.
const mostParts = 32

// shared is a transaction of the database that several of ours are parts of, one after the other: they share its commit. Who has the turn works on it, and passes
// it on to the next who waits. docs/design/0044-one-commit-for-many-writers.md has the reasons.
type shared struct {
	sql   *sql.Tx
	parts []*Tx         // that are whole
	ended chan struct{} // closed when it was committed, or can't be
	err   error         // why it wasn't
}

func (s *shared) end(err error) {
	s.err = err
	close(s.ended)
}

func (s *shared) over() bool {
	select {
	case <-s.ended:
		return true
	default:
		return false
	}
}

// writers give the turn to write to one at a time, in the order in which they come.
type writers struct {
	mu      sync.Mutex
	busy    bool // somebody has the turn
	waiting []chan *shared
}

// take waits for the turn. With it comes the transaction that is open, nil for none.
func (w *writers) take(ctx context.Context) (*shared, error) {
	w.mu.Lock()
	if !w.busy {
		w.busy = true
		w.mu.Unlock()
		return nil, nil
	}
	turn := make(chan *shared, 1)
	w.waiting = append(w.waiting, turn)
	w.mu.Unlock()
	select {
	case s := <-turn:
		return s, nil
	case <-ctx.Done():
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if at := slices.Index(w.waiting, turn); at >= 0 {
		w.waiting = slices.Delete(w.waiting, at, at+1)
		return nil, ctx.Err()
	}
	return <-turn, nil // it has come meanwhile
}

// pass gives the turn to the next, with the transaction that is open; false if nobody waits, and then the turn stays where it is.
func (w *writers) pass(s *shared) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.next(s)
}

// free gives the turn away with no transaction open.
func (w *writers) free() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = w.next(nil)
}

func (w *writers) next(s *shared) bool {
	if len(w.waiting) == 0 {
		return false
	}
	w.waiting[0] <- s
	w.waiting = w.waiting[1:]
	return true
}

// share runs f as a part of a transaction, and returns when that was committed. If f fails, only what it has done is undone.
func (db *DB) share(ctx context.Context, f func(*Tx) error) error {
	ctx, cancel := db.limited(ctx)
	defer cancel()
	s, err := db.writers.take(ctx)
	if err != nil {
		return db.ended(ctx, err)
	}
	if s == nil {
		if s, err = db.begin(ctx); err != nil {
			db.writers.free()
			return db.ended(ctx, err)
		}
	}
	tx := &Tx{ctx: ctx, db: db, sql: s.sql, at: db.Now(), joins: len(s.parts) > 0}
	if tx.joins {
		// A statement that is stopped takes the whole transaction with it, and so the others' work: that it may take long is reason enough, a caller that left isn't.
		var done context.CancelFunc
		tx.ctx, done = db.limited(context.WithoutCancel(ctx))
		defer done()
	}
	if err := db.part(s, tx, f); err != nil {
		return late(tx.ctx, late(ctx, err))
	}
	<-s.ended
	return s.err
}

// alone waits for the turn, and ends the transaction that comes with it.
func (db *DB) alone(ctx context.Context) error {
	s, err := db.writers.take(ctx)
	if err == nil && s != nil {
		s.end(db.commitShared(s))
	}
	return err
}

// begin opens a transaction for the one who has the turn.
func (db *DB) begin(ctx context.Context) (*shared, error) {
	tx, err := db.pools.Write.BeginTx(context.WithoutCancel(ctx), nil)
	if err != nil {
		return nil, err
	}
	if err := db.dialect.Lock(ctx, tx); err != nil {
		_ = tx.Rollback()
		return nil, err
	}
	return &shared{sql: tx, ended: make(chan struct{})}, nil
}

// part runs f, and gives the turn away whatever becomes of it. The first part needs no savepoint: if it fails, nothing else is in the transaction.
func (db *DB) part(s *shared, tx *Tx, f func(*Tx) error) (err error) {
	whole := false
	defer func() {
		if !whole {
			s.takeBack(tx, err)
		}
		db.handOn(s)
	}()
	if tx.joins {
		if _, err := tx.exec("SAVEPOINT part"); err != nil {
			return err
		}
	}
	if err := tx.run(f); err != nil {
		return err
	}
	if _, err := tx.logChanges(); err != nil {
		return err
	}
	if tx.joins {
		if _, err := tx.exec("RELEASE part"); err != nil {
			return err
		}
	}
	s.parts, whole = append(s.parts, tx), true
	return nil
}

// takeBack undoes a part that failed with err. Where the database has undone all of the transaction, for a full disk or a statement that was stopped, the others
// have failed too.
func (s *shared) takeBack(tx *Tx, err error) {
	if tx.joins {
		if _, failed := s.sql.ExecContext(context.Background(), "ROLLBACK TO part; RELEASE part"); failed == nil {
			return
		}
	}
	if !errs.Is(err, errs.Full) {
		err = errs.Wrap(err, errs.Unavailable, "database_busy", "the database gave up what was written together; try again")
	}
	_ = s.sql.Rollback() // what can't be undone is undone already
	s.end(err)
}

// handOn gives the turn to the next, with the transaction if it may have another part; else that is committed first.
func (db *DB) handOn(s *shared) {
	if !s.over() {
		if len(s.parts) < mostParts && db.writers.pass(s) {
			return
		}
		s.end(db.commitShared(s))
	}
	db.writers.free()
}

// commitShared makes the changes of all parts last, and tells the watchers of each in their order.
func (db *DB) commitShared(s *shared) error {
	db.mu.Lock() // before the next writer can begin: see Told
	defer db.mu.Unlock()
	if err := s.sql.Commit(); err != nil {
		return db.classify(err)
	}
	for _, tx := range s.parts {
		if len(tx.changes) > 0 {
			db.tellLocked(tx.changes)
		}
	}
	return nil
}
