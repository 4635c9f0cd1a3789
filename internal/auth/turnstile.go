package auth

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"dewpoint/internal/errs"
)

const (
	digestsAtOnce = 2 // each takes 19 MiB
	mostWaiting   = 256
)

// turnstile lets few checks of passwords run at once, and of each address one. Whoever sends many waits behind himself: at the
// common gate there is one of each source, served in the order of their coming.
type turnstile struct {
	gate chan struct{}

	mu     sync.Mutex
	queues map[netip.Prefix]*queue
}

// queue is the one place that a source has.
type queue struct {
	turn   chan struct{}
	people int // in the place or waiting for it
}

func newTurnstile(atOnce int) turnstile {
	return turnstile{gate: make(chan struct{}, atOnce), queues: map[netip.Prefix]*queue{}}
}

// enter waits for the source's turn. Who was let in calls leave. The error is TooMany when too many of the source wait, Unavailable when ctx
// ends first.
func (t *turnstile) enter(ctx context.Context, source netip.Prefix) (leave func(), err error) {
	q, err := t.join(source)
	if err != nil {
		return nil, err
	}
	select {
	case q.turn <- struct{}{}:
	case <-ctx.Done():
		t.part(source, q)
		return nil, errGone(ctx)
	}
	select {
	case t.gate <- struct{}{}:
	case <-ctx.Done():
		<-q.turn
		t.part(source, q)
		return nil, errGone(ctx)
	}
	return func() {
		<-t.gate
		<-q.turn
		t.part(source, q)
	}, nil
}

func (t *turnstile) join(source netip.Prefix) (*queue, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	q := t.queues[source]
	if q == nil {
		q = &queue{turn: make(chan struct{}, 1)}
		t.queues[source] = q
	}
	if q.people > mostWaiting {
		return nil, errs.New(errs.TooMany, "too_many_logins", "too many passwords from one address are waiting to be checked; send fewer at once, or use an API key").After(time.Second)
	}
	q.people++
	return q, nil
}

func (t *turnstile) part(source netip.Prefix, q *queue) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if q.people--; q.people == 0 {
		delete(t.queues, source)
	}
}

func errGone(ctx context.Context) error {
	return errs.Wrap(context.Cause(ctx), errs.Unavailable, "cancelled", "the request was cut off before the password could be checked; try again")
}
