package schedule

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/tasks"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

const (
	// rest is how many seconds an event waits after it has executed its task: what happens meanwhile is one more event. A task that brings
	// about what it waits for thus does no harm.
	rest = 10
	// batch is how many entries of the log of changes are looked at together.
	batch = 1000
	// mostBehind is how many entries an event may have to be looked at again after a restart.
	mostBehind = 10_000
)

// byEvents executes the tasks whose events have happened.
func (c *Controller) byEvents(ctx context.Context) error {
	events, err := c.awake(ctx)
	if err != nil {
		return err
	}
	var failed error
	for len(events) > 0 {
		from := c.from(slices.MinFunc(events, func(a, b tasks.TaskEvent) int { return int(c.from(a) - c.from(b)) }))
		changes, err := c.db.ChangesSince(ctx, from, batch)
		if errs.Is(err, errs.NotFound) {
			return errors.Join(failed, c.skip(ctx, events, from))
		}
		if err != nil || len(changes) == 0 {
			return errors.Join(failed, err)
		}
		// Who executed its task is resting now.
		events = slices.DeleteFunc(events, func(e tasks.TaskEvent) bool {
			executed, err := c.look(ctx, e, changes)
			failed = errors.Join(failed, err)
			return executed || err != nil
		})
	}
	return failed
}

// awake returns the events that are not resting.
func (c *Controller) awake(ctx context.Context) (events []tasks.TaskEvent, err error) {
	err = c.db.View(ctx, func(tx *store.Tx) error {
		all, err := store.FindRows[tasks.TaskEvent](tx)
		maps.DeleteFunc(c.looked, func(key, _ int64) bool {
			return !slices.ContainsFunc(all, func(e tasks.TaskEvent) bool { return e.Key == key })
		})
		events = slices.DeleteFunc(all, func(e tasks.TaskEvent) bool {
			since := tx.Now().Unix() - e.Trigger
			return since >= 0 && since < rest // one that executed its task in the future did so by a clock that was ahead
		})
		return err
	})
	return events, err
}

// from is the last entry of the log of changes that an event is done with.
func (c *Controller) from(e tasks.TaskEvent) int64 { return max(e.Seen, c.looked[e.Key]) }

// skip lets those events go on at the end of the log that it doesn't reach back to.
func (c *Controller) skip(ctx context.Context, events []tasks.TaskEvent, from int64) error {
	last, err := c.db.LastChange(ctx)
	if err != nil {
		return err
	}
	for _, e := range events {
		if c.from(e) == from {
			c.looked[e.Key] = last
			c.log.Warn("a task event missed changes that are no longer kept", "task", e.Task, "event", e.Key)
		}
	}
	return nil
}

// look executes the task of an event that is among the changes.
func (c *Controller) look(ctx context.Context, e tasks.TaskEvent, changes []store.Logged) (executed bool, err error) {
	end := changes[len(changes)-1].Seq
	first := slices.IndexFunc(changes, func(l store.Logged) bool { return l.Seq > c.from(e) })
	if first < 0 {
		return false, nil
	}
	happened, err := c.tasks.Happened(ctx, e, changes[first:])
	if err == nil && !happened {
		c.looked[e.Key] = end
		if end-e.Seen > mostBehind {
			err = c.db.Update(ctx, func(tx *store.Tx) error {
				return store.Write(tx, e.Key, tasks.TaskEventSet{}.Seen(end))
			})
		}
		return false, err
	}
	claim := claimEvent(e, end)
	if err == nil {
		err = c.tasks.RunTask(ctx, claim)
	}
	return true, c.settle(ctx, err, claim)
}

// claimEvent is done with an event up to an entry of the log, unless somebody else was faster.
func claimEvent(was tasks.TaskEvent, end int64) Claim {
	return func(tx *store.Tx) (int64, schema.Input, error) {
		e, err := store.GetRow[tasks.TaskEvent](tx, was.Key)
		if errs.Is(err, errs.NotFound) || err == nil && e.Seen != was.Seen {
			return 0, nil, nil
		}
		if err != nil {
			return 0, nil, err
		}
		params := schema.Input{}
		if e.Context != "" {
			if err := json.Unmarshal([]byte(e.Context), &params); err != nil {
				return 0, nil, errs.Wrap(err, errs.Internal, "bad_context", "the context of a task event isn't an object")
			}
		}
		if err := store.Write(tx, e.Key, tasks.TaskEventSet{}.Seen(end).Trigger(tx.Now().Unix())); err != nil {
			return 0, nil, err
		}
		task, err := enabledTask(tx, e.Task)
		return task, params, err
	}
}
