package loop_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/errs"
	"dewpoint/test/locked"
)

type noNudges struct{}

func (noNudges) OnWake(string, func()) func() { return func() {} }

// A database that is full or away when a server has started ends nothing: the area begins when it can.
func TestAreaWaitsForTheDatabase(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancelCause(t.Context())
	passed := errors.New("a pass was made")
	fails := []error{errs.New(errs.Full, "disk_full", "full"), errs.New(errs.Unavailable, "database_away", "away")}
	log := &locked.Buffer{}
	area := loop.Area{Every: time.Hour, Make: func(context.Context, *loop.Queue) (loop.Reconciler, error) {
		if len(fails) > 0 {
			err := fails[0]
			fails = fails[1:]
			return nil, err
		}
		return reconcilerFunc(func(context.Context) error {
			cancel(passed)
			return nil
		}), nil
	}}
	err := loop.Keep(ctx, []loop.Area{area}, noNudges{}, slog.New(slog.NewTextHandler(log, nil)))
	if !errors.Is(context.Cause(ctx), passed) {
		t.Errorf("Keep ends with %v before a pass was made", err)
	}
	if n := strings.Count(log.String(), "a controller waits for the database"); n != 2 {
		t.Errorf("%d waits are in the log, want 2:\n%s", n, log.String())
	}
}

// What doesn't pass by itself ends the server, and so does the end of the server a wait.
func TestAreaEnds(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	area := loop.Area{Make: func(context.Context, *loop.Queue) (loop.Reconciler, error) { return nil, broken }}
	if err := loop.Keep(t.Context(), []loop.Area{area}, noNudges{}, slog.New(slog.DiscardHandler)); !errors.Is(err, broken) {
		t.Errorf("Keep ends with %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	area.Make = func(context.Context, *loop.Queue) (loop.Reconciler, error) {
		cancel()
		return nil, errs.New(errs.Full, "disk_full", "full")
	}
	if err := loop.Keep(ctx, []loop.Area{area}, noNudges{}, slog.New(slog.DiscardHandler)); !errors.Is(err, context.Canceled) {
		t.Errorf("Keep ends with %v", err)
	}
}
