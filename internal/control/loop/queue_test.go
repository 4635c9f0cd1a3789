package loop_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/errs"
	"dewpoint/test/locked"
)

// newQueue returns a queue with its log and the clock by which it works.
func newQueue() (q *loop.Queue, at *atomic.Int64, out *locked.Buffer) {
	out, at = &locked.Buffer{}, &atomic.Int64{}
	at.Store(1000)
	q = loop.NewQueue(slog.New(slog.NewTextHandler(out, nil))).ByClock(func() time.Time { return time.Unix(at.Load(), 0) })
	return q, at, out
}

// TestOneObjectDelaysNoOther has work that hangs: its object is busy, all others are free, and passes go on.
func TestOneObjectDelaysNoOther(t *testing.T) {
	t.Parallel()
	q, _, _ := newQueue()
	hang, done := make(chan struct{}), make(chan struct{})
	first := q.Pass()
	first.Begin(t.Context(), loop.Work{Key: 1, Do: func(context.Context) error { <-hang; return nil }})
	first.End()
	second := q.Pass()
	if !second.Busy(1) || second.Busy(2) {
		t.Errorf("object 1 busy: %v, 2: %v", second.Busy(1), second.Busy(2))
	}
	second.Begin(t.Context(), loop.Work{Key: 2, Do: func(context.Context) error { close(done); return nil }})
	second.End()
	receive(t, done, "the work on the other object")
	close(hang)
	q.Wait()
	if q.Pass().Busy(1) {
		t.Error("an object whose work has ended is busy")
	}
}

// TestAReportComesAfterThePassThatBeganIt: else what the pass writes would overwrite it.
func TestAReportComesAfterThePassThatBeganIt(t *testing.T) {
	t.Parallel()
	q, _, _ := newQueue()
	var ended atomic.Bool
	worked, reported := make(chan struct{}), make(chan bool, 1)
	pass := q.Pass()
	pass.Begin(t.Context(), loop.Work{
		Key: 1, Do: func(context.Context) error { close(worked); return nil },
		Report: func(context.Context, error) error { reported <- ended.Load(); return nil },
	})
	receive(t, worked, "the work, which waits for no pass")
	ended.Store(true)
	pass.End()
	if after := receive(t, reported, "the report"); !after {
		t.Error("the report came while the pass was under way")
	}
	q.Wait()
}

// TestFailedWorkRestsAndIsTriedAgain goes through a failure and the recovery.
func TestFailedWorkRestsAndIsTriedAgain(t *testing.T) {
	t.Parallel()
	q, at, out := newQueue()
	secret := errs.Wrap(errors.New("/secret/path"), errs.Unavailable, "away", "the host is away")
	var told error
	fail := func(failure error) {
		pass := q.Pass()
		pass.Begin(t.Context(), loop.Work{
			Key: 7, Name: "start", Do: func(context.Context) error { return failure },
			Report: func(_ context.Context, err error) error { told = err; return nil },
		})
		pass.End()
		q.Wait()
	}
	fail(secret)
	if !errors.Is(told, secret) || !q.Rests(7) || q.Rests(8) {
		t.Errorf("told %v; 7 rests: %v, 8 rests: %v", told, q.Rests(7), q.Rests(8))
	}
	at.Add(1)
	if q.Rests(7) {
		t.Error("the object rests for too long")
	}
	fail(secret)
	if f, failed := q.Fault(7); !failed || !f.Since.Equal(time.Unix(1000, 0)) {
		t.Errorf("fault %+v, %v: want the time of the first failure", f, failed)
	}
	if log := out.String(); strings.Count(log, "the host is away") != 1 || !strings.Contains(log, "/secret/path") || !strings.Contains(log, "work=start") {
		t.Errorf("want one line with the cause:\n%s", log)
	}
	fail(nil)
	if _, failed := q.Fault(7); failed || told != nil || q.Rests(7) {
		t.Errorf("after it succeeded: told %v, rests %v, fault %v", told, q.Rests(7), failed)
	}
}

// TestARestEndsInAPass: the object's turn is asked for when its rest is over, without a timer of the loop's.
func TestARestEndsInAPass(t *testing.T) {
	t.Parallel()
	q := loop.NewQueue(slog.New(slog.DiscardHandler))
	tries := make(chan struct{}, 10)
	var n atomic.Int32
	l := q.Loop(reconcilerFunc(func(ctx context.Context) error {
		pass := q.Pass()
		defer pass.End()
		if pass.Busy(1) || q.Rests(1) || n.Load() > 1 {
			return nil
		}
		pass.Begin(ctx, loop.Work{Key: 1, Do: func(context.Context) error {
			tries <- struct{}{}
			if n.Add(1) == 1 {
				return errors.New("not yet")
			}
			return nil
		}})
		return nil
	}), time.Hour)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	receive(t, tries, "the try that fails")
	receive(t, tries, "the try after the rest")
	cancel()
	receive(t, done, "the end of the loop")
}

// TestPanickingWorkFails as any other, and takes nobody with it.
func TestPanickingWorkFails(t *testing.T) {
	t.Parallel()
	q, _, out := newQueue()
	pass := q.Pass()
	reported := make(chan error, 1)
	pass.Begin(t.Context(), loop.Work{
		Key: 1, Do: func(context.Context) error { panic("bad row") },
		Report: func(_ context.Context, err error) error { reported <- err; return nil },
	})
	pass.End()
	if err := receive(t, reported, "the report"); err == nil || !q.Rests(1) {
		t.Errorf("reported %v, rests: %v", err, q.Rests(1))
	}
	q.Wait()
	if !strings.Contains(out.String(), "bad row") {
		t.Errorf("log lacks the panic:\n%s", out)
	}
}

// TestWorkHasALimit, and the end of the server is no failure of the work.
func TestWorkHasALimit(t *testing.T) {
	t.Parallel()
	q, _, _ := newQueue()
	wait := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	reported := make(chan error, 2)
	report := func(_ context.Context, err error) error { reported <- err; return nil }
	ctx, cancel := context.WithCancel(t.Context())
	pass := q.Pass()
	pass.Begin(ctx, loop.Work{Key: 1, Limit: time.Millisecond, Do: wait, Report: report})
	pass.Begin(ctx, loop.Work{Key: 2, Do: wait, Report: report})
	pass.End()
	if err := receive(t, reported, "the report of the first"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("reported %v", err)
	}
	cancel()
	q.Wait()
	if _, failed := q.Fault(2); failed || len(reported) > 0 {
		t.Error("the end of the server was taken for a failure")
	}
}

// TestTryInThePass refuses, tries, lets rest and forgets.
func TestTryInThePass(t *testing.T) {
	t.Parallel()
	q, at, _ := newQueue()
	fail := func(context.Context) error { return errors.New("not yet") }
	if !q.Try(t.Context(), 1, fail) || q.Try(t.Context(), 1, fail) {
		t.Error("an object that failed does not rest")
	}
	q.Refuse(2, errors.New("no such subnet"))
	if q.Rests(2) {
		t.Error("a refused wish makes its object rest")
	}
	q.ForgetOthers(map[int64]bool{1: true})
	_, first := q.Fault(1)
	if _, second := q.Fault(2); !first || second {
		t.Errorf("faults: 1 %v, 2 %v", first, second)
	}
	at.Add(1)
	if !q.Try(t.Context(), 1, func(context.Context) error { return nil }) {
		t.Error("the object rests for too long")
	}
	if _, failed := q.Fault(1); failed {
		t.Error("success leaves a fault")
	}
}

func TestSlots(t *testing.T) {
	t.Parallel()
	slots := loop.NewSlots(1)
	release, err := slots.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := slots.Take(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("a full set gives %v", err)
	}
	release()
	if release, err = slots.Take(t.Context()); err != nil {
		t.Fatal(err)
	}
	release()
}
