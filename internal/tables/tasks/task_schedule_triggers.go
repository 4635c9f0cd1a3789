package tasks

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/model/tasks"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
)

var triggerHooks = engine.Hooks{
	Create:  prepareTrigger,
	Actions: map[string]engine.Action{"trigger": triggerTask},
}

// prepareTrigger plans the first moment. Only who may execute a task can have it executed.
func prepareTrigger(w *engine.Inside, r *schema.Record) error {
	task, err := w.Tx.Get("tasks", tasks.TaskScheduleTriggerCol.Task.Of(r))
	if err == nil {
		err = perm.Check(w.Tx, w.Actor, perm.Modify, task)
	}
	if err != nil {
		return err
	}
	s, err := w.Tx.Get("task_schedules", tasks.TaskScheduleTriggerCol.Schedule.Of(r))
	if err != nil {
		return err
	}
	r.PutAll(schema.Set(tasks.PlanAfter(s, w.Tx.Now())))
	return nil
}

// triggerTask executes the task that a trigger or an event names, in the caller's name.
func triggerTask(w *engine.Inside, r *schema.Record, _ schema.Set) error {
	return execute(w, tasks.TaskScheduleTriggerCol.Task.Of(r).Text(), nil)
}
