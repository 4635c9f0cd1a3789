package tasks

import (
	"context"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/model/tasks"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Runner executes tasks by the clock and upon events, for the controller of schedules.
type Runner struct {
	db  *store.DB
	eng *engine.Engine
}

// NewRunner makes the runner of tasks of a database, which the engine serves.
func NewRunner(db *store.DB, eng *engine.Engine) Runner { return Runner{db, eng} }

// RunTask executes a task in the name of its creator, with the rights that this user has at that moment, beside arguments that take the
// place of the task's own. Claim comes first and in the same transaction: it notes that the run is taken, and returns the task, or 0
// when there is nothing to be done. When the run fails, nothing of it happened, and nothing of what claim did.
func (r Runner) RunTask(ctx context.Context, claim func(*store.Tx) (task int64, params schema.Input, err error)) error {
	var task schema.Value
	var params schema.Input
	find := func(tx *store.Tx) (a perm.Actor, ok bool, err error) {
		var key int64
		if key, params, err = claim(tx); err != nil || key == 0 {
			return a, false, err
		}
		task = schema.IntValue(key)
		row, err := tx.Get("tasks", task)
		if err != nil {
			return a, false, err
		}
		a, err = creatorOf(tx, row)
		return a, true, err
	}
	return r.eng.DoAs(perm.WithActor(ctx, perm.System("schedule")), find, func(w *engine.Write) error {
		return w.Act("tasks", task.Text(), "execute", params)
	})
}

// creatorOf returns the user who made a task, as somebody who acts now.
func creatorOf(tx *store.Tx, task *schema.Record) (a perm.Actor, err error) {
	name := tasks.TaskCol.Name.Of(task).Text()
	t, key := tasks.TaskCol.Creator.Target(tx.Schema(), task)
	if t == nil {
		return a, errs.New(errs.Conflict, "no_creator", "task %q has no creator to run as", name)
	}
	user, err := tx.Get(t.Name, key)
	if errs.Is(err, errs.NotFound) {
		return a, errs.New(errs.Conflict, "creator_gone", "the creator of task %q no longer exists; create the task again", name)
	}
	if err != nil {
		return a, err
	}
	if of := access.UserCol; !of.Enabled.Of(user).Bool() || of.AccountLocked.Of(user).Int() != 0 {
		return a, errs.New(errs.Conflict, "creator_disabled", "the account of %s, the creator of task %q, is disabled or locked", access.UserCol.Name.Of(user).Text(), name)
	}
	return engine.ActorOf(tx, user, "schedule")
}

// Happened reports whether one of the changes is what an event of a task waits for. Rows are looked at as they are now, and only those that the
// task's creator may list count. It is an error when this can't be known, as when the creator's account is closed.
func (r Runner) Happened(ctx context.Context, event tasks.TaskEvent, changes []store.Logged) (bool, error) {
	o, t, err := occurrenceOf(r.db.Schema, event.Table, event.Event)
	if err != nil {
		return false, err
	}
	var keys []schema.Value
	for _, c := range changes {
		if c.Table == t && c.Verb == o.verb {
			keys = append(keys, c.Key)
		}
	}
	if len(keys) == 0 {
		return false, nil
	}
	var creator perm.Actor
	err = r.db.View(ctx, func(tx *store.Tx) error {
		task, err := tx.Get("tasks", schema.IntValue(event.Task))
		if err == nil {
			creator, err = creatorOf(tx, task)
		}
		return err
	})
	if err != nil {
		return false, err
	}
	if o.verb == store.Deleted {
		return perm.HoldsAll(creator, perm.List, t), nil
	}
	ast, err := eventFilter(filterOf(event))
	if err != nil {
		return false, err
	}
	return r.eng.AnyMeets(ctx, creator, t, ast, keys)
}

// filterOf is the event's filter as the row has it.
func filterOf(event tasks.TaskEvent) schema.Value {
	if event.TableEventFilters == "" {
		return schema.Value{}
	}
	return schema.TextValue(event.TableEventFilters)
}
