package loop

import (
	"context"
	"log/slog"
	"maps"
	"strconv"
	"sync"
	"time"

	"dewpoint/internal/errs"
)

// Queue gives every object of an area a queue of its own, with at most one piece of work in it, lets an object rest after a failure, and asks
// for a pass when there is something to be seen: work has ended, a rest is over. What comes while work is under way is found again by
// the pass that follows it. It is safe for concurrent use. Make it with NewQueue; a Loop waits for what is under way before it ends.
type Queue struct {
	log     *slog.Logger
	nudge   chan struct{}
	now     func() time.Time
	backoff Backoff
	faults  faults
	workers sync.WaitGroup

	mu   sync.Mutex
	busy map[int64]bool
}

// NewQueue makes a queue that logs to log what fails.
func NewQueue(log *slog.Logger) *Queue {
	return &Queue{log: log, nudge: make(chan struct{}, 1), now: time.Now, busy: map[int64]bool{}}
}

// ByClock has the queue take the time from now, for tests that move it.
func (q *Queue) ByClock(now func() time.Time) *Queue {
	q.now = now
	return q
}

// Wake asks for a pass soon. It never blocks; nudges that come before the next pass begins are one nudge.
func (q *Queue) Wake() {
	select {
	case q.nudge <- struct{}{}:
	default: // one is waiting already, and the pass it starts will see what this one is about
	}
}

// Wait blocks until nothing is under way.
func (q *Queue) Wait() { q.workers.Wait() }

// Fault tells why the last try of an object failed, if it did.
func (q *Queue) Fault(key int64) (Fault, bool) { return q.faults.get(key) }

// Refuse notes that an object's wish can't be carried out as it is: nothing is tried, so nothing rests.
func (q *Queue) Refuse(key int64, err error) {
	if q.faults.note(key, err, q.now()) {
		q.log.Warn("a wish can't be carried out", append(errs.Logged(err), "object", key)...)
	}
}

// Forget drops the failures of an object: it is as wished, is wished no more, or is gone.
func (q *Queue) Forget(key int64) {
	q.backoff.Ok(decimal(key))
	q.faults.forget(key)
}

// ForgetOthers drops the failures of all objects but those that a pass found something to do about.
func (q *Queue) ForgetOthers(open map[int64]bool) {
	for _, key := range q.faults.keys() {
		if !open[key] {
			q.Forget(key)
		}
	}
}

// Rests reports whether an object is to be left alone for a while, because it failed.
func (q *Queue) Rests(key int64) bool { return !q.backoff.Due(decimal(key), q.now()) }

// Try does work on an object in the pass itself, unless the object rests. It reports whether it tried.
func (q *Queue) Try(ctx context.Context, key int64, do func(context.Context) error) bool {
	if q.Rests(key) {
		return false
	}
	q.settle(ctx, Work{Key: key}, do(ctx))
	return true
}

// settle takes note of how work ended. The end of ctx is no failure: whoever runs next begins where this one was.
func (q *Queue) settle(ctx context.Context, w Work, err error) {
	if err == nil {
		q.Forget(w.Key)
		return
	}
	news := q.faults.note(w.Key, err, q.now())
	if ctx.Err() != nil {
		return
	}
	wait := q.backoff.Fail(decimal(w.Key), q.now())
	time.AfterFunc(wait, q.Wake)
	level := slog.LevelDebug
	if news { // a lasting fault doesn't flood the log
		level = slog.LevelWarn
	}
	attrs := append(errs.Logged(err), "object", w.Key, "retry_in", wait)
	if w.Name != "" {
		attrs = append(attrs, "work", w.Name)
	}
	q.log.Log(ctx, level, "work on an object failed", attrs...)
}

// snapshot returns the objects that have work under way.
func (q *Queue) snapshot() map[int64]bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return maps.Clone(q.busy)
}

func (q *Queue) mark(key int64, busy bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if busy {
		q.busy[key] = true
		return
	}
	delete(q.busy, key)
}

func decimal(key int64) string { return strconv.FormatInt(key, 10) }
