package tasks_test

import (
	"testing"

	"dewpoint/internal/calendar"
	"dewpoint/internal/errs"
	"dewpoint/internal/model"
	"dewpoint/internal/schema"
)

func TestScheduleIsChecked(t *testing.T) {
	t.Parallel()
	table := model.Schema().Table("task_schedules")
	for _, c := range []struct {
		start, end  string
		from, until int64
		refused     string
	}{
		{"2026-01-01", "", 0, calendar.DaySeconds, ""},
		{"2026-01-01 00:00:00", "2026-01-01 10:00:00", 0, calendar.DaySeconds, ""},
		{"2026-01-01", "", 7200, 7200, "end_time_of_day"},
		{"2026-01-01 10:00:00", "", 0, calendar.DaySeconds, "start_date"},
		{"1969-12-31", "", 0, calendar.DaySeconds, "start_date"},
		{"2026-02-30", "", 0, calendar.DaySeconds, "start_date"},
		{"tomorrow", "", 0, calendar.DaySeconds, "start_date"},
		{"2026-01-01", "2026-01-01T10:00", 0, calendar.DaySeconds, "end_date"},
	} {
		r := schema.NewRecord(table)
		r.Put("start_date", schema.TextValue(c.start))
		r.Put("end_date", schema.TextValue(c.end))
		r.Put("start_time_of_day", schema.IntValue(c.from))
		r.Put("end_time_of_day", schema.IntValue(c.until))
		err, got := table.Check(r), ""
		if e := errs.As(err); e != nil {
			got = e.Field
		}
		if got != c.refused {
			t.Errorf("%+v: refused for %q: %v", c, got, err)
		}
	}
}
