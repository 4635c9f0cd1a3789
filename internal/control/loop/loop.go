// Package loop runs reconcilers: once at the start, then whenever somebody nudges or the timer fires. A nudge that gets lost costs
// one timer period, never correctness, because a reconciler takes no argument and reads the whole wish each time.
package loop

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"
)

// afterFailure is the longest wait after a pass that failed: what it lacked may be back at any time, and its return nudges nobody.
const afterFailure = 2 * time.Second

// Reconciler closes the gap between what the rows wish and what the host has.
type Reconciler interface {
	// Name is the area ("vm", "vnet"), for logs.
	Name() string
	// Reconcile makes one whole pass. It returns an error only when the pass as such failed (rows unreadable, host not
	// answering); a single object that fails is the reconciler's own to report and to back off.
	Reconcile(ctx context.Context) error
}

// Loop owns the passes of one reconciler.
type Loop struct {
	reconciler Reconciler
	every      time.Duration
	log        *slog.Logger
	nudge      chan struct{}
	lastErr    string // the text last logged, so that a lasting fault doesn't flood the log
}

// New makes a loop that runs r at least once per every, which must be positive.
func New(r Reconciler, every time.Duration, log *slog.Logger) *Loop {
	return &Loop{reconciler: r, every: every, log: log.With("loop", r.Name()), nudge: make(chan struct{}, 1)}
}

// Wake asks for a pass soon. It never blocks; nudges that come before the next pass begins are one nudge. Safe to call from any
// goroutine, before Run too.
func (l *Loop) Wake() {
	select {
	case l.nudge <- struct{}{}:
	default: // one is waiting already, and the pass it starts will see what this one is about
	}
}

// Run makes passes until ctx ends and returns its cause. Passes never overlap; one that failed is followed by another soon. Call it once.
func (l *Loop) Run(ctx context.Context) error {
	timer := time.NewTimer(l.every)
	defer timer.Stop()
	for ctx.Err() == nil {
		err := l.pass(ctx)
		l.report(ctx, err)
		wait := l.every
		if err != nil {
			wait = min(wait, afterFailure)
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
		case <-l.nudge:
		case <-timer.C:
		}
	}
	return context.Cause(ctx)
}

// pass runs the reconciler once and turns a panic into an error: one bad row must not take the server down.
func (l *Loop) pass(ctx context.Context) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic in a pass: %v", v)
			l.log.Error("a pass panicked", "err", err, "stack", string(debug.Stack()))
		}
	}()
	return l.reconciler.Reconcile(ctx)
}

// report logs an error when its text differs from the one of the pass before, and the return to health once.
func (l *Loop) report(ctx context.Context, err error) {
	switch {
	case ctx.Err() != nil: // what a pass says while it is being stopped is no news
	case err == nil && l.lastErr != "":
		l.lastErr = ""
		l.log.Info("passes succeed again")
	case err != nil && err.Error() != l.lastErr:
		l.lastErr = err.Error()
		l.log.Error("a pass failed", "err", err)
	}
}
