package loop_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"dewpoint/internal/control/loop"
	"dewpoint/test/locked"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type reconcilerFunc func(ctx context.Context) error

func (reconcilerFunc) Name() string                          { return "test" }
func (f reconcilerFunc) Reconcile(ctx context.Context) error { return f(ctx) }

// start runs a loop over f until the test ends and returns it with its log.
func start(t *testing.T, every time.Duration, f reconcilerFunc) (*loop.Loop, *locked.Buffer) {
	t.Helper()
	out := &locked.Buffer{}
	l := loop.NewQueue(slog.New(slog.NewTextHandler(out, nil))).Loop(f, every)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) {
			t.Errorf("Run returned %v, want context.Canceled", err)
		}
	})
	return l, out
}

func receive[T any](t *testing.T, ch <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-ch:
		return v
	case <-time.After(10 * time.Second):
		t.Fatalf("timed out waiting for %s", what)
		panic("unreachable")
	}
}

func TestRunsAtStartThenOnNudge(t *testing.T) {
	t.Parallel()
	passes := make(chan struct{}, 10)
	l, _ := start(t, time.Hour, func(context.Context) error { passes <- struct{}{}; return nil })
	receive(t, passes, "the first pass")
	l.Wake()
	receive(t, passes, "the nudged pass")
}

func TestRunsOnTimer(t *testing.T) {
	t.Parallel()
	passes := make(chan struct{}, 10)
	ctx := context.Background()
	start(t, time.Millisecond, func(runCtx context.Context) error {
		select {
		case passes <- struct{}{}:
		case <-runCtx.Done():
		}
		return ctx.Err()
	})
	for range 3 {
		receive(t, passes, "a timed pass")
	}
}

func TestAFailedPassIsRepeatedSoon(t *testing.T) {
	t.Parallel()
	passes := make(chan struct{}, 10)
	var failed atomic.Bool
	start(t, time.Hour, func(context.Context) error {
		passes <- struct{}{}
		if failed.CompareAndSwap(false, true) {
			return errors.New("the host is away")
		}
		return nil
	})
	receive(t, passes, "the pass that fails")
	receive(t, passes, "the pass after it")
}

func TestNudgesDuringAPassAreOneAndNeverOverlap(t *testing.T) {
	t.Parallel()
	entered, leave := make(chan struct{}, 10), make(chan struct{})
	var inside atomic.Int32
	l, _ := start(t, time.Hour, func(context.Context) error {
		if inside.Add(1) != 1 {
			t.Error("two passes at once")
		}
		entered <- struct{}{}
		<-leave
		inside.Add(-1)
		return nil
	})
	receive(t, entered, "the first pass")
	for range 5 {
		l.Wake()
	}
	leave <- struct{}{}
	receive(t, entered, "the pass of the five nudges")
	close(leave)
	select { // absence can only be waited for; a pass that comes later than this merely goes unnoticed
	case <-entered:
		t.Error("five nudges made more than one pass")
	case <-time.After(50 * time.Millisecond):
	}
}

func TestPanicIsLoggedAndSurvived(t *testing.T) {
	t.Parallel()
	passes := make(chan struct{}, 10)
	first := true
	l, out := start(t, time.Hour, func(context.Context) error {
		defer func() { passes <- struct{}{} }()
		if first {
			first = false
			panic("bad row")
		}
		return nil
	})
	receive(t, passes, "the panicking pass")
	l.Wake()
	receive(t, passes, "the pass after it")
	if !strings.Contains(out.String(), "bad row") {
		t.Errorf("log lacks the panic:\n%s", out)
	}
}

func TestErrorIsLoggedOncePerText(t *testing.T) {
	t.Parallel()
	texts := []string{"no host", "no host", "no rows", "", "no host", ""}
	passes := make(chan struct{}, 10)
	i := 0
	l, out := start(t, time.Hour, func(context.Context) error {
		defer func() { i++; passes <- struct{}{} }()
		if i < len(texts) && texts[i] != "" {
			return errors.New(texts[i])
		}
		return nil
	})
	for range len(texts) + 1 {
		receive(t, passes, "a pass")
		l.Wake()
	}
	if got := strings.Count(out.String(), `err="no host"`); got != 2 {
		t.Errorf("%q logged %d times, want 2:\n%s", "no host", got, out)
	}
	if got := strings.Count(out.String(), `err="no rows"`); got != 1 {
		t.Errorf("%q logged %d times, want 1:\n%s", "no rows", got, out)
	}
}
