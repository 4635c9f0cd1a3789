package operation

import (
	"context"
	"fmt"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/system"
)

// unreadable ends an operation whose params can't be read, when nothing of it is done: it would hold up its queue for ever. Else its steps have to be
// taken back, by a version of the server that can read them.
func (e *execution) unreadable(ctx context.Context, cause error) error {
	if e.row.StepsDone > 0 || e.row.Attempt > 0 {
		return fmt.Errorf("params of the operation: %w", cause)
	}
	e.log.Error("an operation was refused because its parameters can't be read", "err", cause)
	return e.write(ctx, nil, func(now time.Time) system.OperationSet {
		return system.OperationSet{}.Status(Failed).StatusInfo("its parameters can't be read; ask for it again").Ended(now.Unix())
	})
}

// turn turns an operation back: from now on its steps are taken back, and then it ends as the outcome says. What the step that failed has changed in
// the params is kept for the undos.
func (e *execution) turn(ctx context.Context, outcome, why string) error {
	params, err := e.steps.params()
	if err != nil {
		return fmt.Errorf("params after a failure: %w", err)
	}
	return e.write(ctx, nil, func(time.Time) system.OperationSet {
		return textOrNull(system.OperationSet{}.Status(Undoing).Outcome(outcome).Params(params), why, system.OperationCol.Failure, system.OperationCol.StatusInfo)
	})
}

// backward takes back the steps that are done, the last first, and before them the one that was begun. An undo that fails is tried again for as
// long as it takes: what it is about must not stay on the host.
func (e *execution) backward(ctx context.Context) error {
	step := int(e.row.StepsDone) - 1
	if e.row.Attempt > 0 {
		step++
	}
	for ; step >= 0; step-- {
		if ctx.Err() != nil {
			return nil // the next run of the server goes on
		}
		if err := e.protect(func() error { return e.steps.undo(ctx, step) }); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			e.log.Warn("a step could not be undone", "step", e.kind.steps[step].name, "err", err)
			if err := e.tell(ctx, e.row.Failure+"; "+e.kind.steps[step].name+" could not be taken back yet: "+errs.Shown(err)); err != nil {
				return err
			}
			return err
		}
		if err := e.undone(ctx, step); err != nil {
			return err
		}
	}
	return e.write(ctx, nil, func(now time.Time) system.OperationSet {
		of := system.OperationCol
		return textOrNull(system.OperationSet{}.Status(e.row.Outcome).Null(of.Step).Ended(now.Unix()), e.row.Failure, of.StatusInfo)
	})
}

// undone marks a step as taken back.
func (e *execution) undone(ctx context.Context, step int) error {
	return e.write(ctx, nil, func(time.Time) system.OperationSet {
		return system.OperationSet{}.StepsDone(int64(step)).Attempt(0).Step(e.kind.steps[step].name).ProgressPct(e.kind.part(step, 0))
	})
}
