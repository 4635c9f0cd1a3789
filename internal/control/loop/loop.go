// Package loop runs reconcilers: once at the start, then whenever somebody nudges or the timer fires. A nudge that gets lost costs
// one timer period, never correctness, because a reconciler takes no argument and reads the whole wish each time.
package loop

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"golang.org/x/sync/errgroup"

	"dewpoint/internal/errs"
	"dewpoint/internal/pause"
)

// afterFailure is the longest wait after a pass that failed: what it lacked may be back at any time, and its return nudges nobody.
const afterFailure = 2 * time.Second

// mostRest is the longest rest after a pass, however long that took.
const mostRest = 250 * time.Millisecond

// Reconciler closes the gap between what the rows wish and what the host has.
type Reconciler interface {
	// Name is the area ("vm", "vnet"), for logs.
	Name() string
	// Reconcile makes one whole pass. It returns an error only when the pass as such failed (rows unreadable, host not
	// answering); a single object that fails is the reconciler's own to report, and its Queue's to let rest.
	Reconcile(ctx context.Context) error
}

// Watcher is a reconciler that also listens to something which may call for a pass.
type Watcher interface {
	// Watch runs beside the passes until ctx ends; it returns ctx's cause, or why it can't go on, which ends the loop.
	Watch(ctx context.Context) error
}

// Waiter is a reconciler that begins work beside its Queue.
type Waiter interface {
	// Wait blocks until none of it is under way. It is called once the passes have ended.
	Wait()
}

// Loop owns the passes of one reconciler.
type Loop struct {
	reconciler Reconciler
	every      time.Duration
	log        *slog.Logger
	queue      *Queue
	lastErr    string // the text last logged, so that a lasting fault doesn't flood the log
}

// Loop makes the loop of r, which hands work to this queue. Its passes are at most every apart, which must be positive.
func (q *Queue) Loop(r Reconciler, every time.Duration) *Loop {
	q.log = q.log.With("loop", r.Name())
	return &Loop{reconciler: r, every: every, log: q.log, queue: q}
}

// Wake asks for a pass soon. Safe to call from any goroutine, before Run too.
func (l *Loop) Wake() { l.queue.Wake() }

// Run makes passes until ctx ends, waits for the work that they began, and returns ctx's cause. Passes never overlap; one that failed is
// followed by another soon. Call it once.
func (l *Loop) Run(ctx context.Context) error {
	defer l.queue.Wait()
	if w, works := l.reconciler.(Waiter); works {
		defer w.Wait()
	}
	w, watches := l.reconciler.(Watcher)
	if !watches {
		return l.passes(ctx)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return w.Watch(ctx) })
	group.Go(func() error { return l.passes(ctx) })
	return group.Wait()
}

func (l *Loop) passes(ctx context.Context) error {
	timer := time.NewTimer(l.every)
	defer timer.Stop()
	for ctx.Err() == nil {
		began := time.Now()
		err := l.pass(ctx)
		took := time.Since(began)
		l.report(ctx, err)
		wait := l.every
		if err != nil {
			wait = min(wait, afterFailure)
		}
		timer.Reset(wait)
		// As long as the pass took: where nudges come all the time, passes that see much of the same don't take more than half of a processor.
		_ = pause.For(ctx, min(took, mostRest)) // the end of ctx is seen below
		select {
		case <-ctx.Done():
		case <-l.queue.nudge:
		case <-timer.C:
		}
	}
	return context.Cause(ctx)
}

// pass runs the reconciler once and turns a panic into an error: one bad row must not take the server down.
func (l *Loop) pass(ctx context.Context) error {
	return guarded(ctx, l.log, l.reconciler.Reconcile)
}

// guarded calls do and turns a panic into an error.
func guarded(ctx context.Context, log *slog.Logger, do func(context.Context) error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
			log.Error("a pass or its work panicked", "err", err, "stack", string(debug.Stack()))
		}
	}()
	return do(ctx)
}

// report logs an error when its text differs from the one of the pass before, and the return to health once.
func (l *Loop) report(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil: // what a pass says while it is being stopped is no news
	case err == nil && l.lastErr != "":
		l.lastErr = ""
		l.log.Info("reconciling works again")
	case err != nil && err.Error() != l.lastErr:
		l.lastErr = err.Error()
		l.log.Error("a pass failed", errs.Logged(err)...)
	}
}
