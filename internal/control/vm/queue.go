package vm

import (
	"context"
	"maps"
	"sync"
)

// maxStarts bounds how many domains are started at the same time: each start runs a process that claims its memory.
const maxStarts = 4

// queues give every machine a line of its own, with at most one action in it. What comes while it is under way is found again by the pass
// that follows it.
type queues struct {
	mu      sync.Mutex
	busy    map[int64]bool
	workers sync.WaitGroup
	starts  chan struct{}
}

func newQueues() *queues {
	return &queues{busy: map[int64]bool{}, starts: make(chan struct{}, maxStarts)}
}

// snapshot returns the machines that have an action under way.
func (q *queues) snapshot() map[int64]bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return maps.Clone(q.busy)
}

// begin runs work in the machine's line, then calls after. The machine counts as busy until work has returned, its report included, so a
// pass never decides on rows older than the action; when after runs, it counts as free.
func (q *queues) begin(key int64, work, after func()) {
	q.mu.Lock()
	q.busy[key] = true
	q.mu.Unlock()
	q.workers.Go(func() {
		defer after()
		defer func() {
			q.mu.Lock()
			delete(q.busy, key)
			q.mu.Unlock()
		}()
		work()
	})
}

// startSlot waits for one of the places for starts and returns how to give it back.
func (q *queues) startSlot(ctx context.Context) (release func(), err error) {
	select {
	case q.starts <- struct{}{}:
		return func() { <-q.starts }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
