package tasks

import (
	"maps"
	"time"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/tasks"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

var scheduleHooks = engine.Hooks{
	Create: func(w *engine.Inside, r *schema.Record) error {
		r.PutAll(dates(w, r))
		return nil
	},
	Created: bindTask,
	Update:  updateSchedule,
	Remove:  unbindTask,
	Actions: map[string]engine.Action{"get_schedule": tellSchedule},
}

// dates returns the columns of a schedule that follow from others. Those that aren't given are as they are by default.
func dates(w *engine.Inside, r *schema.Record) schema.Set {
	of := tasks.TaskScheduleCol
	end := of.EndTimeOfDay.Of(r)
	wholeDay := of.StartTimeOfDay.Of(r).Int() == 0 && (end.IsNull() || end == r.Table.Field(of.EndTimeOfDay.Name()).DefaultValue)
	date := of.StartDate.Of(r).Text()
	if date == "" {
		date = w.Tx.Now().UTC().Format(time.DateOnly)
	}
	set := schema.Set(tasks.TaskScheduleSet{}.AllDay(wholeDay).StartDate(date))
	set[of.StartDateEpoch.Name()] = tasks.StartOf(date)
	return set
}

// bindTask gives the task that a new schedule names its trigger.
func bindTask(w *engine.Inside, r *schema.Record) error {
	task := tasks.TaskScheduleCol.Task.Of(r)
	if task.IsNull() {
		return nil
	}
	of := tasks.TaskScheduleTriggerCol
	_, err := w.Create("task_schedule_triggers", schema.Input{of.Task.Name(): engine.Number(task.Int()), of.Schedule.Name(): engine.Number(r.Key.Int())})
	return err
}

// unbindTask takes away the trigger that came with a schedule; others hold it.
func unbindTask(w *engine.Inside, r *schema.Record) error {
	task := tasks.TaskScheduleCol.Task.Of(r)
	if task.IsNull() {
		return nil
	}
	bound, err := w.Tx.Find("task_schedule_triggers", store.Is(tasks.TaskScheduleTriggerCol.Schedule, r.Key.Int()), store.IsAmong(tasks.TaskScheduleTriggerCol.Task, task))
	if err != nil {
		return err
	}
	for _, b := range bound {
		if err := w.Tx.Delete(b.Table.Name, b.Key); err != nil {
			return err
		}
	}
	return nil
}

// updateSchedule plans the triggers anew when the schedule's moments change: from now on, without what was due before.
func updateSchedule(w *engine.Inside, old *schema.Record, set schema.Set) error {
	maps.Copy(set, dates(w, old.With(set)))
	updated := old.With(set)
	if old.Table.Check(updated) != nil || tasks.ScheduleOf(old) == tasks.ScheduleOf(updated) {
		return nil // it is refused, or concerns nobody
	}
	triggers, err := w.Tx.Find("task_schedule_triggers", store.Is(tasks.TaskScheduleTriggerCol.Schedule, old.Key.Int()))
	if err != nil {
		return err
	}
	for _, t := range triggers {
		if err := store.Write(w.Tx, t.Key, tasks.PlanAfter(updated, w.Tx.Now())); err != nil {
			return err
		}
	}
	return nil
}

// execute executes the task of a row that the caller sees: then it is no news that there is a task, only that it is out of reach.
func execute(w *engine.Inside, task string, params schema.Input) error {
	if err := w.See("tasks", task); errs.Is(err, errs.NotFound) {
		return perm.Deny(perm.Modify, w.Tx.Schema().Table("tasks"))
	}
	return w.Act("tasks", task, "execute", params)
}

// tellSchedule answers with the moments at which a schedule is due.
func tellSchedule(w *engine.Inside, r *schema.Record, params schema.Set) error {
	type moment struct {
		Time int64 `json:"time"`
	}
	times, s, after := []moment{}, tasks.ScheduleOf(r), w.Tx.Now()
	if from := params["start_time"]; !from.IsNull() {
		after = time.Unix(from.Int()-1, 0)
	}
	for range params["max"].Int() {
		due, ok := s.Next(after)
		if end := params["end_time"]; !ok || !end.IsNull() && due.Unix() > end.Int() {
			break
		}
		times, after = append(times, moment{due.Unix()}), due
	}
	w.Answers["times"] = times
	return nil
}
