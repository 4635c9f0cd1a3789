package engine

import (
	"context"

	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// RunTask executes a task in the name of its creator, with the rights that this user has at that moment, beside arguments that take the
// place of the task's own. Claim comes first and in the same transaction: it notes that the run is taken, and returns the task, or 0
// when there is nothing to be done. When the run fails, nothing of it happened, and nothing of what claim did.
func (e *Engine) RunTask(ctx context.Context, claim func(*store.Tx) (task int64, params schema.Input, err error)) error {
	return e.Do(perm.WithActor(ctx, perm.System("schedule")), func(w *Write) error {
		task, params, err := claim(w.Tx)
		if err != nil || task == 0 {
			return err
		}
		r, err := w.Tx.Get("tasks", schema.IntValue(task))
		if err != nil {
			return err
		}
		if w.Actor, err = creatorOf(w.Tx, r); err != nil {
			return err
		}
		return w.Act(r.Table.Name, r.Key.Text(), "execute", params)
	})
}

// creatorOf returns the user who made a task, as somebody who acts now.
func creatorOf(tx *store.Tx, task *schema.Record) (a perm.Actor, err error) {
	t, key := task.Table.Field("creator").Target(tx.Schema(), task.Get("creator"))
	if t == nil {
		return a, errs.New(errs.Conflict, "no_creator", "task %q has no creator in whose name it could be executed", task.Get("name").Text())
	}
	user, err := tx.Get(t.Name, key)
	if errs.Is(err, errs.NotFound) {
		return a, errs.New(errs.Conflict, "creator_gone", "the creator of task %q is gone; make the task anew", task.Get("name").Text())
	}
	if err != nil {
		return a, err
	}
	if !user.Get("enabled").Bool() || user.Get("account_locked").Int() != 0 {
		return a, errs.New(errs.Conflict, "creator_disabled", "the account of %s, the creator of task %q, is closed", user.Get("name").Text(), task.Get("name").Text())
	}
	a = perm.Actor{User: user.Key.Int(), Name: user.Get("name").Text(), Admin: user.Get("admin").Bool(), Request: "schedule"}
	if !a.Admin {
		a.Grants, err = grantsOf(tx, a.User)
	}
	return a, err
}
