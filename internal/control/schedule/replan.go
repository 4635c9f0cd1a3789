package schedule

import (
	"context"
	"time"

	"dewpoint/internal/model/tasks"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// replan plans triggers anew whose moment isn't the next one of their schedule: they were planned by a clock that was ahead, and would be
// silent until the present has caught up. A trigger that is not due holds the first moment after some moment of the past; none lies between that
// and now; so it is the first after now. This is looked at when the program has started, and whenever the time is before that of the
// last pass.
func (c *Controller) replan(ctx context.Context) error {
	now := c.db.Now()
	if !c.passed.IsZero() && !now.Before(c.passed) {
		c.passed = now
		return nil
	}
	var wrong []move
	look := func(tx *store.Tx) (err error) {
		wrong, err = misplanned(tx)
		return err
	}
	if err := c.db.View(ctx, look); err != nil {
		return err
	}
	if len(wrong) > 0 {
		err := c.db.Update(ctx, func(tx *store.Tx) error {
			if err := look(tx); err != nil { // again: now it can't change any more
				return err
			}
			for _, m := range wrong {
				if err := m(tx); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		c.log.Warn("the clock was ahead; schedules are planned again", "plans", len(wrong))
	}
	c.passed = now
	return nil
}

// move plans a trigger or a period anew.
type move = func(*store.Tx) error

func misplanned(tx *store.Tx) (wrong []move, err error) {
	if wrong, err = misplannedPeriods(tx); err != nil {
		return nil, err
	}
	triggers, err := store.FindRows[tasks.TaskScheduleTrigger](tx)
	if err != nil {
		return nil, err
	}
	now := tx.Now().Truncate(time.Second)
	for _, t := range triggers {
		if t.Trigger != 0 && t.Trigger <= now.Unix() {
			continue // it is due
		}
		s, err := tx.Get("task_schedules", schema.IntValue(t.Schedule))
		if err != nil {
			return nil, err
		}
		if due := tasks.DueAfter(s, now); due.Int() != t.Trigger {
			wrong = append(wrong, func(tx *store.Tx) error { return store.Write(tx, t.Key, tasks.PlanAfter(s, now)) })
		}
	}
	return wrong, nil
}
