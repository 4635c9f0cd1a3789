package loop

import (
	"context"
	"time"

	"dewpoint/internal/errs"
)

// Pass is one look at all objects. What it begins runs on while the pass ends and others follow.
type Pass struct {
	queue *Queue
	busy  map[int64]bool
	ended chan struct{}
}

// Work is what is to be done about one object.
type Work struct {
	Key   int64
	Name  string        // "start": for the log
	Limit time.Duration // of Do; zero: none
	Do    func(ctx context.Context) error
	// Report writes down how Do ended. It is called unless the server stops, and not before the pass has ended.
	Report func(ctx context.Context, err error) error
}

// Pass begins a pass. Call it before the wish is read: then an object that is free has its last report in the rows. The caller must End it.
func (q *Queue) Pass() *Pass {
	return &Pass{queue: q, busy: q.snapshot(), ended: make(chan struct{})}
}

// Busy reports whether the object has work under way, so that nothing may be decided about it.
func (p *Pass) Busy(key int64) bool { return p.busy[key] }

// Begin starts work on an object that is neither busy nor rests, and doesn't wait for it. The object counts as busy until the work has been
// reported; then there is another pass.
func (p *Pass) Begin(ctx context.Context, w Work) {
	q := p.queue
	q.mark(w.Key, true)
	q.workers.Go(func() {
		defer q.Wake()
		defer q.mark(w.Key, false)
		err := guarded(ctx, q.log, w.do)
		<-p.ended
		if err != nil && ctx.Err() != nil {
			return // the server stops; the next one begins where this one was
		}
		q.settle(ctx, w, err)
		if w.Report == nil {
			return
		}
		if err := w.Report(ctx, err); err != nil && ctx.Err() == nil {
			q.log.Error("the result of some work could not be saved", append(errs.Logged(err), "object", w.Key, "work", w.Name)...)
		}
	})
}

// End says that what the pass itself found is written down, or could not be: reports of what it began may come after it.
func (p *Pass) End() { close(p.ended) }

func (w Work) do(ctx context.Context) error {
	if w.Limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, w.Limit)
		defer cancel()
	}
	return w.Do(ctx)
}
