package tasks

import (
	"time"

	"dewpoint/internal/calendar"
	"dewpoint/internal/schema"
)

// ScheduleOf reads a row that checkSchedule has let through.
func ScheduleOf(r *schema.Record) calendar.Schedule {
	var row TaskSchedule
	row.Scan(r)
	s := calendar.Schedule{
		Enabled: row.Enabled, Every: row.RepeatEvery, Count: max(row.RepeatIteration, 1),
		Date: row.StartDateEpoch, End: calendar.EndOf(row.EndDate),
		From: row.StartTimeOfDay, Until: row.EndTimeOfDay, DayOfMonth: row.DayOfMonth,
	}
	for i, day := range calendar.Weekdays {
		s.Days[i] = r.Get(day).Bool()
	}
	return s
}

// StartOf is the column start_date_epoch that goes with a start_date; null for one that can't be read.
func StartOf(date string) schema.Value {
	t, _, ok := calendar.ParseDate(date)
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
