package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"dewpoint/internal/pause"
)

const (
	// holdLook is how often the lock is looked after, and how often one that another process has is asked for.
	holdLook = time.Second
	// holdLimit is how long a look may take.
	holdLimit = 5 * time.Second
	// handOver is how long who has waited for the lock waits once more when it has it: who had it before looks after it only now and then.
	handOver = 5 * time.Second
)

// Hold runs f while this process, alone of all that share the database, has the lock of that name; where no other process can have the
// database it just runs f. It waits as long as another has the lock, and calls waiting when that begins. The lock is lost with its
// connection and then taken again: f goes on unless another process was faster. Then f's ctx ends, and Hold waits anew. It returns what f
// returns by itself, or the cause of ctx's end.
func (db *DB) Hold(ctx context.Context, name string, waiting func(), f func(context.Context) error) error {
	if !db.Shared() {
		return f(ctx)
	}
	h := holder{db: db, name: name}
	defer h.drop()
	for waited := false; ; {
		wait := holdLook
		switch h.look(ctx) {
		case held:
			if !waited {
				if err := h.run(ctx, f); !errors.Is(err, ErrLost) {
					return err
				}
				continue
			}
			waited, wait = false, handOver
		case taken:
			if !waited {
				waited = true
				waiting()
			}
		}
		if err := pause.For(ctx, wait); err != nil {
			return err
		}
	}
}

// The states of a lock.
type lockState int

const (
	unknown lockState = iota // the database doesn't answer
	held
	taken // by another process
)

// ErrLost ends the run of what was to run while the lock was held: it is the cause of the end of its ctx.
var ErrLost = errors.New("another server has taken over")

// holder is the connection that a lock hangs on; conn is nil when there is none.
type holder struct {
	db   *DB
	name string
	conn *sql.Conn
}

// run runs f until it returns or another process has the lock.
func (h *holder) run(ctx context.Context, f func(context.Context) error) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	ended := make(chan error, 1)
	go func() { ended <- f(ctx) }()
	timer := time.NewTicker(holdLook)
	defer timer.Stop()
	for {
		select {
		case err := <-ended:
			return err
		case <-timer.C:
		}
		if h.look(ctx) == taken {
			stop(ErrLost)
			<-ended
			return ErrLost
		}
	}
}

// look finds out how the lock stands, and takes it if nobody has it.
func (h *holder) look(ctx context.Context) lockState {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), holdLimit) // what runs may end before its lock does, not after
	defer cancel()
	if h.conn != nil {
		if h.conn.PingContext(ctx) == nil {
			return held
		}
		h.drop()
	}
	conn, err := h.db.pools.Read.Conn(ctx)
	if err != nil {
		return unknown
	}
	got, err := h.db.feed.TryHold(ctx, conn, h.name)
	if err == nil && got {
		h.conn = conn
		return held
	}
	conn.Close()
	if err == nil {
		return taken
	}
	return unknown
}

// drop ends the connection, and the lock with it.
func (h *holder) drop() {
	if h.conn == nil {
		return
	}
	h.conn.Raw(func(any) error { return driver.ErrBadConn }) // else the pool would keep it, and the lock
	h.conn.Close()
	h.conn = nil
}
