package loop

import (
	"sync"
	"time"
)

// The first wait after a failure and the longest one.
const (
	backoffFirst = 200 * time.Millisecond
	backoffMax   = 30 * time.Second
)

// Backoff remembers per object how long to leave it alone after failures. It reads no clock: the caller passes the time. The zero
// value is ready, and it is safe for concurrent use.
type Backoff struct {
	mu      sync.Mutex
	objects map[string]waiting
}

type waiting struct {
	wait  time.Duration
	until time.Time
}

// Due reports whether key may be tried at now: it never failed since the last Ok, or its wait is over.
func (b *Backoff) Due(key string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	w, failed := b.objects[key]
	return !failed || !now.Before(w.until)
}

// Fail notes a failure of key at now and returns how long it will rest: 200 ms first, doubled by each failure, at most 30 s.
func (b *Backoff) Fail(key string, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.objects == nil {
		b.objects = make(map[string]waiting)
	}
	wait := backoffFirst
	if w, failed := b.objects[key]; failed {
		wait = min(2*w.wait, backoffMax)
	}
	b.objects[key] = waiting{wait: wait, until: now.Add(wait)}
	return wait
}

// Ok forgets the failures of key. Call it too for an object that is gone, or its entry stays.
func (b *Backoff) Ok(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.objects, key)
}
