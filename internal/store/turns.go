package store

import (
	"context"
	"sync"
	"time"
)

// turns are given to at most a number of queries at once, and of those to a part that comes from one caller: whoever asks for a lot waits
// for himself and not the others for him.
type turns struct {
	all, each int
	mu        sync.Mutex
	taken     int
	by        map[int64]int
	waiting   []*waiter // in the order in which they came
}

type waiter struct {
	caller int64
	ready  chan struct{} // closed once the turn is the waiter's
}

func newTurns(all, each int) *turns { return &turns{all: all, each: each, by: map[int64]int{}} }

// take waits for a turn; it fails after the time, or with ctx.
func (t *turns) take(ctx context.Context, caller int64, wait time.Duration) error {
	w := t.ask(caller)
	if w == nil {
		return nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-w.ready:
		return nil
	case <-timer.C:
		return t.leave(w, errTurn)
	case <-ctx.Done():
		return t.leave(w, context.Cause(ctx))
	}
}

// ask takes a turn that is free, or returns the place in the queue.
func (t *turns) ask(caller int64) *waiter {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.free(caller) {
		t.count(caller, 1)
		return nil
	}
	w := &waiter{caller, make(chan struct{})}
	t.waiting = append(t.waiting, w)
	return w
}

// leave gives the place in the queue up; the turn may have come meanwhile.
func (t *turns) leave(w *waiter, why error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i, other := range t.waiting {
		if other == w {
			t.waiting = append(t.waiting[:i], t.waiting[i+1:]...)
			return why
		}
	}
	t.release(w.caller)
	return why
}

func (t *turns) give(caller int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.release(caller)
}

// release passes a turn on to the first who may have it.
func (t *turns) release(caller int64) {
	t.count(caller, -1)
	for i, w := range t.waiting {
		if t.free(w.caller) {
			t.count(w.caller, 1)
			t.waiting = append(t.waiting[:i], t.waiting[i+1:]...)
			close(w.ready)
			return
		}
	}
}

func (t *turns) free(caller int64) bool { return t.taken < t.all && t.by[caller] < t.each }

func (t *turns) count(caller int64, by int) {
	t.taken += by
	if t.by[caller] += by; t.by[caller] == 0 {
		delete(t.by, caller)
	}
}
