package tasks

import (
	"time"

	"dewpoint/internal/calendar"
	"dewpoint/internal/schema"
)

// ScheduleOf reads a row that checkSchedule has let through.
func ScheduleOf(r *schema.Record) calendar.Schedule {
	s := calendar.Schedule{
		Enabled: r.Get("enabled").Bool(), Every: r.Get("repeat_every").Text(), Count: max(r.Get("repeat_iteration").Int(), 1),
		Date: r.Get("start_date_epoch").Int(), End: calendar.EndOf(r.Get("end_date").Text()),
		From: r.Get("start_time_of_day").Int(), Until: r.Get("end_time_of_day").Int(), DayOfMonth: r.Get("day_of_month").Text(),
	}
	for i, day := range calendar.Weekdays {
		s.Days[i] = r.Get(day).Bool()
	}
	return s
}

// StartOf is the column start_date_epoch that goes with a start_date; null for one that can't be read.
func StartOf(date schema.Value) schema.Value {
	t, _, ok := calendar.ParseDate(date.Text())
	if !ok {
		return schema.Value{}
	}
	return schema.IntValue(t.Unix())
}

// DueAfter is the column trigger of the triggers of a schedule: its first moment after another, null for never.
func DueAfter(schedule *schema.Record, after time.Time) schema.Value {
	due, ok := ScheduleOf(schedule).Next(after)
	if !ok {
		return schema.Value{}
	}
	return schema.IntValue(due.Unix())
}

// PlanAfter is the change of a trigger that DueAfter comes to.
func PlanAfter(schedule *schema.Record, after time.Time) TaskScheduleTriggerSet {
	due := DueAfter(schedule, after)
	if due.IsNull() {
		return TaskScheduleTriggerSet{}.Null(TaskScheduleTriggerCol.Trigger)
	}
	return TaskScheduleTriggerSet{}.Trigger(due.Int())
}
