package operation

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
)

// mostAttempts is how often a step is tried whose failure may pass.
const mostAttempts = 5

// errCancelled is why the context of a step ended when somebody cancelled the operation.
var errCancelled = errors.New("the operation was cancelled")

// execution is one stretch of an operation's life: from the moment that a runner takes it up to its end, or to a failure that may pass.
type execution struct {
	*held
	kind     *Kind
	steps    bound
	progress *Progress
	log      *slog.Logger
}

// run works until the operation has ended or ctx ends. An error means that there is more to do, and that it should be tried
// again after a while. Of stepping, the context of the steps, the cause tells whether the operation was cancelled.
func (e *execution) run(ctx, stepping context.Context) error {
	if e.row.Status == Undoing {
		return e.backward(ctx)
	}
	return e.conclude(ctx, stepping, e.forward(stepping))
}

// conclude brings the operation to its end after its way forward has ended so.
func (e *execution) conclude(ctx, stepping context.Context, err error) error {
	if ended, err := e.settle(ctx, stepping, err); ended || err != nil {
		return err
	}
	return e.backward(ctx)
}

// settle decides what an end of the way forward means: the operation has ended, it is to be tried again, or (false and no error)
// its steps are to be taken back.
func (e *execution) settle(ctx, stepping context.Context, err error) (ended bool, _ error) {
	switch {
	case err == nil, errors.Is(err, errTaken):
		return true, nil
	case errors.Is(context.Cause(stepping), errCancelled):
		return false, e.turn(ctx, Cancelled, "")
	case ctx.Err() != nil:
		return true, nil // the server stops: the next one goes on from here
	case errors.As(err, &unwritten{}):
		return false, err
	case e.kind.repeats(err, e.row.Attempt) && !e.once():
		e.log.Warn("a step failed and is tried again", "step", e.row.Step, "attempt", e.row.Attempt, "err", err)
		return false, errors.Join(err, e.tell(ctx, errs.Shown(err)))
	}
	e.log.Warn("an operation failed and is being undone", "step", e.row.Step, "err", err)
	return false, e.turn(ctx, Failed, errs.Shown(err))
}

// once reports whether the step in hand can't be repeated.
func (e *execution) once() bool {
	return e.row.StepsDone < int64(len(e.kind.steps)) && e.kind.steps[e.row.StepsDone].once
}

// forward does the steps that aren't done.
func (e *execution) forward(ctx context.Context) error {
	if e.row.Attempt > 0 && e.once() {
		return errs.New(errs.Conflict, "step_cut_off", "the server stopped during the step %q, which can't be repeated", e.row.Step)
	}
	for int(e.row.StepsDone) < len(e.kind.steps) {
		if err := e.step(ctx, int(e.row.StepsDone)); err != nil {
			return err
		}
	}
	return nil
}

// step does one step and marks it. That it was begun is written first: an undo must know of it.
func (e *execution) step(ctx context.Context, step int) error {
	if err := context.Cause(ctx); err != nil {
		return err
	}
	err := e.write(ctx, nil, func(time.Time) system.OperationSet { return e.begun(step, e.row.Attempt+1) })
	if err != nil {
		return err
	}
	commit, err := e.work(ctx, step)
	if err != nil {
		return err
	}
	return e.done(ctx, step, commit)
}

// begun is what says that a step was begun for the attempt-th time.
func (e *execution) begun(step int, attempt int64) system.OperationSet {
	return system.OperationSet{}.Step(e.kind.steps[step].name).Attempt(attempt).Null(system.OperationCol.StatusInfo).ProgressPct(e.kind.part(step, 0))
}

// work does a step, and writes its progress meanwhile.
func (e *execution) work(ctx context.Context, step int) (commit Commit, err error) {
	following, stop := context.WithCancel(ctx)
	var follower sync.WaitGroup
	follower.Go(func() {
		e.progress.follow(following, func(percent float64, info string) error { return e.told(ctx, step, percent, info) })
	})
	err = e.protect(func() (err error) {
		commit, err = e.steps.do(ctx, step)
		return err
	})
	stop()
	follower.Wait()
	return commit, err
}

// done marks a step, with what it has found out and those behind it that have nothing to do, and ends the operation with the last one.
func (e *execution) done(ctx context.Context, step int, commit Commit) error {
	m, err := e.markOf(step, commit)
	if err != nil {
		return err
	}
	return writeAll(ctx, e.db, []mark{m}, nil)
}

// markOf is what done writes.
func (e *execution) markOf(step int, commit Commit) (m mark, err error) {
	params, err := e.steps.params()
	if err != nil {
		return m, fmt.Errorf("params after step %d: %w", step, err)
	}
	result, err := e.steps.result()
	if err != nil {
		return m, fmt.Errorf("result after step %d: %w", step, err)
	}
	next := step + 1
	for next < len(e.kind.steps) && e.steps.skip(next) {
		next++
	}
	return mark{e.held, commit, func(now time.Time) system.OperationSet {
		of := system.OperationCol
		set := system.OperationSet{}.StepsDone(int64(next)).Attempt(0).Params(params).ProgressPct(e.kind.part(next, 0))
		if next == len(e.kind.steps) {
			set.Status(Complete).Null(of.Step, of.StatusInfo).Ended(now.Unix())
			textOrNull(set, result, of.Result)
		}
		return set
	}}, nil
}

// told writes the progress of a step.
func (e *execution) told(ctx context.Context, step int, percent float64, info string) error {
	return e.write(ctx, nil, func(time.Time) system.OperationSet {
		return textOrNull(system.OperationSet{}.ProgressPct(e.kind.part(step, percent)), info, system.OperationCol.StatusInfo)
	})
}

// tell writes what people should know of it.
func (e *execution) tell(ctx context.Context, info string) error {
	return e.write(ctx, nil, func(time.Time) system.OperationSet {
		return textOrNull(system.OperationSet{}, info, system.OperationCol.StatusInfo)
	})
}

// protect turns a panic into an error: one bad operation must not take the server down.
func (e *execution) protect(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
			e.log.Error("an operation panicked", "err", err, "stack", string(debug.Stack()))
		}
	}()
	return f()
}

// textOrNull sets columns to a text, and empties them when there is none.
func textOrNull(set system.OperationSet, text string, columns ...schema.Column[string]) system.OperationSet {
	for _, c := range columns {
		if set[c.Name()] = c.Value(text); text == "" {
			set.Null(c)
		}
	}
	return set
}
