package store

import (
	"context"
	"sync"
	"time"
)

// lookLimit is how long a look at the end of the log may take. It reads one entry.
const lookLimit = 10 * time.Second

// Sync returns once the watchers in this process have been told of all that was committed before the call, by whichever process. What is
// kept in memory and dropped by a watcher is then as new as the database. It costs nothing where no other process writes; else it reads one
// number, together with all who ask at the same time, and hardly ever waits longer.
func (db *DB) Sync(ctx context.Context) error {
	if db.feed == nil {
		return nil
	}
	last, err := db.looks.last(ctx, db)
	if err != nil {
		return err
	}
	return db.classify(db.feed.Await(ctx, last))
}

// looks are the looks at the end of the log: one at a time, and who comes while it is under way shares the next. The zero value is ready.
type looks struct {
	looking sync.Mutex
	mu      sync.Mutex
	next    *look // that has not begun; nil when there is none
}

type look struct {
	once sync.Once
	last int64
	err  error
}

// last returns the number of the last entry as a look found it that began after the call.
func (l *looks) last(ctx context.Context, db *DB) (int64, error) {
	n := l.join()
	l.looking.Lock()
	defer l.looking.Unlock()
	n.once.Do(func() {
		l.mu.Lock()
		l.next = nil
		l.mu.Unlock()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookLimit) // others wait for it too
		defer cancel()
		n.last, n.err = db.LastChange(ctx)
	})
	return n.last, n.err
}

func (l *looks) join() *look {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.next == nil {
		l.next = &look{}
	}
	return l.next
}
