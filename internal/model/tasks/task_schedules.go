package tasks

import (
	"dewpoint/internal/calendar"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// taskSchedules declares when tasks are to be executed.
func taskSchedules() *schema.Table {
	t := &schema.Table{
		Name: "task_schedules", Title: "Task schedule", LogType: "task", Check: checkSchedule,
		Doc: "Schedules of tasks, in UTC. Triggers bind tasks to a schedule. A schedule starts on its start date, at its start " +
			"time of day. If the server was down, missed runs are made up for by a single run.",
		ActionTable: "task_schedule_actions", ActionRef: "task_schedule", Actions: schema.Actions{{
			Name: "get_schedule", Doc: "list the next times at which the schedule is due",
			Params: schema.Fields{
				schema.Uint32("max").Range(1, 1440).Default(100).Doc("the maximum number of times"),
				schema.Uint64("start_time").Unit("seconds since 1970").Doc("the earliest time; now if not given"),
				schema.Uint64("end_time").Unit("seconds since 1970").Doc("the latest time; no limit if not given"),
			},
			Answers: schema.Fields{schema.JSON("times").Doc("a list of objects with a time, in seconds since 1970")},
		}},
		Fields: schema.Fields{
			schema.String("name").Required().Summary().Len(1, 128).Match(column.Printable, column.NotPrintable),
			schema.LongText("description").Len(0, 2048).Summary(),
			schema.Enabled("enabled").Summary().Doc("a disabled schedule runs no tasks, and makes up for no missed runs later"),
			schema.Row("task", "tasks").CreateOnly().Doc("a task to which the new schedule is bound at once"),
			schema.Enum("repeat_every", "minute", "hour", "day", "week", "month", "year", "never").Default("hour").Summary().Section("Repetition").
				Labels("minute", "Minute(s)", "hour", "Hour(s)", "day", "Day(s)", "week", "Week(s)", "month", "Month(s)", "year", "Year(s)", "never", "Does Not Repeat").
				Doc("week: on each selected weekday, or on the weekday of the start date if all seven are selected; never: once, at the start"),
			schema.Uint32("repeat_iteration").Default(1).Range(1, 10000).Summary().Doc("the interval, in units of repeat_every").When("repeat_every", "minute", "hour", "day", "week", "month", "year").Section("Repetition"),
			schema.String("start_date").Len(0, 19).Example("2026-11-23").Doc("YYYY-MM-DD; the day of creation if not given").Section("Period"),
			schema.Uint64("start_date_epoch").ReadOnly().Unit("seconds since 1970").Doc("the start of the start date"),
			schema.String("end_date").Len(0, 19).Example("2030-12-31").Doc("YYYY-MM-DD for the end of that day, or YYYY-MM-DD HH:MM:SS; empty: no end").Section("Period"),
			schema.Uint32("start_time_of_day").Default(0).Range(0, calendar.DaySeconds).Unit("seconds since midnight").Section("Period"),
			schema.Uint32("end_time_of_day").Default(calendar.DaySeconds).Range(0, calendar.DaySeconds).Unit("seconds since midnight").Doc("the schedule is due before this time of day").Section("Period"),
			schema.Bool("all_day").ReadOnly().Doc("the schedule is due all day, from midnight to midnight"),
			schema.Enum("day_of_month", "first", "last", "15th", "start_date").Labels("start_date", "Start Date").Default("start_date").Section("Repetition").
				Doc("used by month and year. start_date: the day of the start date, or the last day of a shorter month"),
		},
	}
	for i := range calendar.Weekdays {
		t.Fields = append(t.Fields, schema.Bool(calendar.Weekdays[(i+1)%7]).Default(true).Section("Repetition").Doc("the schedule can be due on this weekday, whatever repeat_every says"))
	}
	t.Fields = append(t.Fields,
		schema.Bool("system_created").ReadOnly(),
		schema.Row("creator", "users").Creator(),
		schema.Created("created").Argument(),
		schema.Modified("modified").Argument(),
	)
	return t
}

// checkSchedule refuses dates that can't be read, and days that end before they begin.
func checkSchedule(r *schema.Record) error {
	start, _, ok := calendar.ParseDate(r.Get("start_date").Text())
	if !ok || start.Unix()%calendar.DaySeconds != 0 {
		return errs.Field("start_date", "must be a date since 1970 as YYYY-MM-DD; set the time of day in start_time_of_day")
	}
	if text := r.Get("end_date").Text(); text != "" {
		if _, _, ok := calendar.ParseDate(text); !ok {
			return errs.Field("end_date", "must be YYYY-MM-DD or YYYY-MM-DD HH:MM:SS")
		}
	}
	if r.Get("start_time_of_day").Int() >= r.Get("end_time_of_day").Int() {
		return errs.Field("end_time_of_day", "must be later than start_time_of_day")
	}
	return nil
}
