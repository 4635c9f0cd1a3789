// Package schedule executes tasks: by the clock, as the triggers of schedules say, and upon what happens to rows, as task events say. It makes the
// snapshots of profiles, too.
//
// That a run is taken is written in the transaction that does it. So each moment and each event is run once, whatever happens to the
// program and however many servers share the database.
package schedule

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/system"
	"dewpoint/internal/model/tasks"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Claim notes in a transaction that a run is taken. It returns the task, and arguments beside its own; 0 when there is nothing to be done
// any more.
type Claim = func(*store.Tx) (task int64, params schema.Input, err error)

// Tasks is what can be done with tasks.
type Tasks interface {
	// RunTask executes the task that claim returns, in the name of its creator and in claim's transaction.
	RunTask(ctx context.Context, claim Claim) error
	// Happened reports whether one of the changes is what an event waits for, as far as the creator of its task may know.
	Happened(ctx context.Context, event tasks.TaskEvent, changes []store.Logged) (bool, error)
}

// Controller is the reconciler "schedule".
type Controller struct {
	db    *store.DB
	tasks Tasks
	taker Snapshots
	log   *slog.Logger
	// looked is, by event, the last entry of the log of changes up to which nothing was found. After a restart it is looked at again.
	looked map[int64]int64
	passed time.Time // when the last pass was; zero before the first
}

// New makes the controller.
func New(db *store.DB, executor Tasks, taker Snapshots, log *slog.Logger) *Controller {
	return &Controller{db: db, tasks: executor, taker: taker, log: log, looked: map[int64]int64{}}
}

// Name implements loop.Reconciler.
func (c *Controller) Name() string { return "schedule" }

// Reconcile executes what is due.
func (c *Controller) Reconcile(ctx context.Context) error {
	return errors.Join(c.replan(ctx), c.byClock(ctx), c.byPeriod(ctx), c.byEvents(ctx))
}

// byClock executes the tasks whose triggers are due.
func (c *Controller) byClock(ctx context.Context) error {
	var due []tasks.TaskScheduleTrigger
	err := c.db.View(ctx, func(tx *store.Tx) (err error) {
		due, err = store.FindRows[tasks.TaskScheduleTrigger](tx, store.IsUpTo(tasks.TaskScheduleTriggerCol.Trigger, tx.Now().Unix()))
		return err
	})
	for _, d := range due {
		claim := claimTrigger(d.Key)
		err = errors.Join(err, c.settle(ctx, c.tasks.RunTask(ctx, claim), claim))
	}
	return err
}

// claimTrigger plans the next moment of a trigger that is due. However many went by, the task is executed once.
func claimTrigger(key int64) Claim {
	return func(tx *store.Tx) (int64, schema.Input, error) {
		t, err := store.GetRow[tasks.TaskScheduleTrigger](tx, key)
		if errs.Is(err, errs.NotFound) || err == nil && (t.Trigger == 0 || t.Trigger > tx.Now().Unix()) {
			return 0, nil, nil // it is gone, or was run
		}
		if err != nil {
			return 0, nil, err
		}
		s, err := tx.Get("task_schedules", schema.IntValue(t.Schedule))
		if err != nil {
			return 0, nil, err
		}
		if err := store.Write(tx, key, tasks.PlanAfter(s, tx.Now())); err != nil {
			return 0, nil, err
		}
		task, err := enabledTask(tx, t.Task)
		return task, nil, err
	}
}

// enabledTask returns the task's key, 0 when it is disabled: then it is not executed, and that is no failure.
func enabledTask(tx *store.Tx, key int64) (int64, error) {
	task, err := store.GetRow[tasks.Task](tx, key)
	if err != nil || !task.Enabled {
		return 0, err
	}
	return key, nil
}

// settle ends a run that failed: the task tells why, and the run isn't tried again. What only came at a bad time is returned, and stays due.
func (c *Controller) settle(ctx context.Context, failed error, claim Claim) error {
	if failed == nil || ctx.Err() != nil || errs.Is(failed, errs.Unavailable) {
		return failed
	}
	return c.db.Update(ctx, func(tx *store.Tx) error {
		key, _, err := claim(tx)
		if err != nil || key == 0 {
			return err
		}
		c.log.Warn("a task could not be executed", "task", key, "err", failed)
		return tell(tx, key, failed)
	})
}

// tell writes into a task, and into the log, why it could not be executed.
func tell(tx *store.Tx, key int64, failed error) error {
	why := errs.Shown(failed)
	task, err := store.GetRow[tasks.Task](tx, key)
	if err != nil {
		return err
	}
	if err := store.Write(tx, key, tasks.TaskSet{}.Status("error").StatusInfo(why)); err != nil {
		return err
	}
	_, err = store.Insert(tx, system.LogSet{}.Level(system.LogError).Text("task "+task.Name+" could not be executed: "+why).User("system").
		ObjectType("task").ObjectName(task.Name).Object("tasks/"+schema.IntValue(key).Text()))
	return err
}
