package loop

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"golang.org/x/sync/errgroup"

	"dewpoint/internal/errs"
	"dewpoint/internal/pause"
)

// Area is one kind of thing that a server keeps as the rows wish it.
type Area struct {
	Every time.Duration // the most between two passes: how much a nudge that got lost can matter
	Woken string        // by which word the tables' declarations nudge it; the reconciler's name when empty
	// Make makes the reconciler, which hands its work to q. It may wait for what it needs, and is called again where the database was full or away.
	Make func(ctx context.Context, q *Queue) (Reconciler, error)
}

// Made is the Make of an area whose reconciler exists already and has no work outside its passes.
func Made(r Reconciler) func(context.Context, *Queue) (Reconciler, error) {
	return func(context.Context, *Queue) (Reconciler, error) { return r, nil }
}

// Nudges calls nudge whenever a table that wakes the area was changed, until stop; *event.Bus is one.
type Nudges interface {
	OnWake(area string, nudge func()) (stop func())
}

// Keep runs all areas until ctx ends or one of them can't go on, and returns why.
func Keep(ctx context.Context, areas []Area, nudges Nudges, log *slog.Logger) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, a := range areas {
		group.Go(func() error { return a.keep(ctx, nudges, log) })
	}
	return group.Wait()
}

func (a Area) keep(ctx context.Context, nudges Nudges, log *slog.Logger) error {
	q := NewQueue(log)
	r, err := a.made(ctx, q, log)
	if err != nil {
		return err
	}
	l := q.Loop(r, a.Every)
	defer nudges.OnWake(cmp.Or(a.Woken, r.Name()), l.Wake)()
	return l.Run(ctx)
}

// made makes the area's reconciler, as soon as the database lets it: one that is full or away for a while ends no server.
func (a Area) made(ctx context.Context, q *Queue, log *slog.Logger) (Reconciler, error) {
	var tries Backoff
	for {
		r, err := a.Make(ctx, q)
		if !errs.Is(err, errs.Full) && !errs.Is(err, errs.Unavailable) {
			return r, err
		}
		wait := tries.Fail("", time.Now())
		if ctx.Err() == nil {
			log.Warn("a controller waits for the database", "err", err, "next", wait)
		}
		if err := pause.For(ctx, wait); err != nil {
			return nil, err
		}
	}
}
