package calendar_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"dewpoint/internal/model"
	"dewpoint/internal/model/tasks"
	"dewpoint/internal/schema"
)

// schedule makes a row of task_schedules as a client would send it, with the defaults of the declaration.
func schedule(t testing.TB, columns string) *schema.Record {
	t.Helper()
	table := model.Schema().Table("task_schedules")
	r := schema.NewRecord(table)
	for i, f := range table.Fields {
		r.PutAt(i, f.DefaultValue)
	}
	for pair := range strings.SplitSeq(columns, ",") {
		name, value, _ := strings.Cut(pair, "=")
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		v, err := table.Field(name).Parse([]byte(`"` + value + `"`))
		if err != nil {
			t.Fatal(err)
		}
		r.Put(name, v)
	}
	date, err := time.Parse(time.DateOnly, r.Get("start_date").Text())
	if err == nil {
		r.Put("start_date_epoch", schema.IntValue(date.Unix()))
	}
	return r
}

func moment(t testing.TB, text string) time.Time {
	t.Helper()
	m, err := time.Parse("2006-01-02 15:04:05", text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

const (
	noWeekend = "saturday=no,sunday=no"
	mondays   = "tuesday=no,wednesday=no,thursday=no,friday=no," + noWeekend
)

func TestNextDue(t *testing.T) {
	t.Parallel()
	// 1 January 2026 is a Thursday.
	for _, c := range []struct{ name, columns, after, want string }{
		{"hourly", "start_date=2026-01-01", "2026-01-01 05:00:00", "06:00:00 07:00:00 08:00:00"},
		{"the start itself", "start_date=2026-01-01", "2025-12-31 23:59:59", "2026-01-01 00:00:00, 01:00:00"},
		{"before the start", "start_date=2026-03-01", "2026-01-01 00:00:00", "2026-03-01 00:00:00"},
		{"every 25 minutes", "start_date=2026-01-01,repeat_every=minute,repeat_iteration=25", "2026-01-01 00:26:00", "00:50:00 01:15:00 01:40:00"},
		{
			"minutes in a window", "start_date=2026-01-01,repeat_every=minute,repeat_iteration=30,start_time_of_day=32400,end_time_of_day=36000",
			"2026-01-01 09:00:00", "09:30:00, 2026-01-02 09:00:00, 09:30:00, 2026-01-03 09:00:00",
		},
		{"every 36 hours", "start_date=2026-01-01,repeat_iteration=36", "2026-01-01 00:00:00", "2026-01-02 12:00:00, 2026-01-04 00:00:00"},
		{"daily", "start_date=2026-01-01,repeat_every=day,start_time_of_day=7200", "2026-01-01 02:00:00", "2026-01-02 02:00:00, 2026-01-03 02:00:00"},
		{"working days", "start_date=2026-01-01,repeat_every=day," + noWeekend, "2026-01-01 12:00:00", "2026-01-02 00:00:00, 2026-01-05 00:00:00"},
		{"every other day on Mondays", "start_date=2026-01-01,repeat_every=day,repeat_iteration=2," + mondays, "2026-01-01 00:00:00", "2026-01-05 00:00:00, 2026-01-19 00:00:00"},
		{"weekly without a choice", "start_date=2026-01-01,repeat_every=week", "2026-01-01 00:00:00", "2026-01-08 00:00:00, 2026-01-15 00:00:00"},
		{"weekly on Mondays", "start_date=2026-01-01,repeat_every=week," + mondays, "2026-01-01 00:00:00", "2026-01-05 00:00:00, 2026-01-12 00:00:00"},
		{"weekly, from a Monday on", "start_date=2026-01-05,repeat_every=week," + mondays, "2026-01-01 00:00:00", "2026-01-05 00:00:00, 2026-01-12 00:00:00"},
		{"every other week", "start_date=2026-01-01,repeat_every=week,repeat_iteration=2," + mondays, "2026-01-01 00:00:00", "2026-01-12 00:00:00, 2026-01-26 00:00:00"},
		{
			"every third week on working days", "start_date=2026-01-01,repeat_every=week,repeat_iteration=3," + noWeekend,
			"2025-01-01 00:00:00", "2026-01-01 00:00:00, 2026-01-02 00:00:00, 2026-01-19 00:00:00",
		},
		{"monthly on the 31st", "start_date=2026-01-31,repeat_every=month", "2026-01-31 00:00:00", "2026-02-28 00:00:00, 2026-03-31 00:00:00, 2026-04-30 00:00:00"},
		{"first of the month", "start_date=2026-01-31,repeat_every=month,day_of_month=first", "2026-01-01 00:00:00", "2026-02-01 00:00:00, 2026-03-01 00:00:00"},
		{"last of the month", "start_date=2026-01-10,repeat_every=month,day_of_month=last", "2026-01-31 00:00:00", "2026-02-28 00:00:00, 2026-03-31 00:00:00"},
		{"every quarter on the 15th", "start_date=2026-01-10,repeat_every=month,repeat_iteration=3,day_of_month=15th", "2026-01-15 00:00:00", "2026-04-15 00:00:00, 2026-07-15 00:00:00"},
		{"leap day", "start_date=2024-02-29,repeat_every=year", "2024-02-29 00:00:00", "2025-02-28 00:00:00, 2026-02-28 00:00:00, 2027-02-28 00:00:00, 2028-02-29 00:00:00"},
		{"leap day that is a Monday", "start_date=2024-02-29,repeat_every=year,repeat_iteration=4," + mondays, "2024-02-29 00:00:00", "2044-02-29 00:00:00"},
		{"once", "start_date=2026-01-01,repeat_every=never,start_time_of_day=3600", "2026-01-01 00:00:00", "01:00:00, never"},
		{"once, over", "start_date=2026-01-01,repeat_every=never", "2026-01-01 00:00:00", "never"},
		{"to the end of a day", "start_date=2026-01-01,end_date=2026-01-01", "2026-01-01 22:00:00", "23:00:00, never"},
		{"to a second", "start_date=2026-01-01,end_date=2026-01-01 22:00:00", "2026-01-01 20:00:00", "21:00:00 22:00:00, never"},
		{"no day", "start_date=2026-01-01,monday=no," + mondays, "2026-01-01 00:00:00", "never"},
		{"weekly on a day that is switched off", "start_date=2026-01-01,repeat_every=never,thursday=no", "2025-01-01 00:00:00", "never"},
		{"never in the window", "start_date=2026-01-01,repeat_every=hour,repeat_iteration=168,friday=no,thursday=no", "2026-01-01 00:00:00", "never"},
		{"disabled", "start_date=2026-01-01,enabled=no", "2026-01-01 00:00:00", "never"},
		{"at the end of time", "start_date=9999-12-31,repeat_every=year,repeat_iteration=10000", "2026-01-01 00:00:00", "9999-12-31 00:00:00, never"},
	} {
		s, after := tasks.ScheduleOf(schedule(t, c.columns)), moment(t, c.after)
		for _, want := range strings.FieldsFunc(c.want, func(c rune) bool { return c == ',' }) {
			for _, want := range words(want) {
				due, ok := s.Next(after)
				got := "never"
				if ok {
					got = due.Format("2006-01-02 15:04:05")[19-len(want):]
				}
				if got != want {
					t.Errorf("%s: after %v comes %s, want %s", c.name, after, got, want)
				}
				after = due
			}
		}
	}
}

// words splits times of one day; a date stays with its time.
func words(text string) []string {
	text = strings.TrimSpace(text)
	if strings.Contains(text, "-") {
		return []string{text}
	}
	return strings.Fields(text)
}

// due says from the calendar, not by counting, whether a schedule is due at a whole minute.
func due(r *schema.Record, t time.Time) bool {
	date := time.Unix(r.Get("start_date_epoch").Int(), 0).UTC()
	from, until := r.Get("start_time_of_day").Int(), r.Get("end_time_of_day").Int()
	start := date.Add(time.Duration(from) * time.Second)
	clock := int64(t.Hour()*3600 + t.Minute()*60 + t.Second())
	n := r.Get("repeat_iteration").Int()
	if t.Before(start) || clock < from || clock >= until || !r.Get(strings.ToLower(t.Weekday().String())).Bool() {
		return false
	}
	if end, err := time.Parse(time.DateOnly, r.Get("end_date").Text()); err == nil && !t.Before(end.AddDate(0, 0, 1)) {
		return false
	}
	every := time.Duration(n) * map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[r.Get("repeat_every").Text()]
	if every > 0 {
		return t.Sub(start)%every == 0
	}
	monday := func(t time.Time) time.Time {
		return t.Truncate(24*time.Hour).AddDate(0, 0, -int(t.Weekday()+6)%7)
	}
	all := true
	for day := range 7 {
		all = all && r.Get(strings.ToLower(time.Weekday(day).String())).Bool()
	}
	months := int64(t.Year()-date.Year())*12 + int64(t.Month()-date.Month())
	switch r.Get("repeat_every").Text() {
	case "never":
		return t.Equal(start)
	case "week":
		weeks := int64(monday(t).Sub(monday(date)).Hours() / (7 * 24))
		return clock == from && weeks%n == 0 && (!all || t.Weekday() == date.Weekday())
	case "year":
		n *= 12
	}
	return clock == from && months%n == 0 && ofMonth(r.Get("day_of_month").Text(), date, t)
}

func ofMonth(choice string, date, t time.Time) bool {
	isLast := t.AddDate(0, 0, 1).Day() == 1
	switch choice {
	case "first":
		return t.Day() == 1
	case "15th":
		return t.Day() == 15
	case "last":
		return isLast
	}
	return t.Day() == date.Day() || isLast && date.Day() > t.Day()
}

// TestNextDueIsTheFirst holds Next against the calendar: what it returns is due, and nothing between is.
func TestNextDueIsTheFirst(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := schema.NewRecord(model.Schema().Table("task_schedules"))
		r.Put("enabled", schema.BoolValue(true))
		every := rapid.SampledFrom([]string{"minute", "hour", "day", "week", "month", "year", "never"}).Draw(t, "every")
		r.Put("repeat_every", schema.TextValue(every))
		r.Put("repeat_iteration", schema.IntValue(rapid.Int64Range(1, 40).Draw(t, "n")))
		begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		date := begin.AddDate(0, 0, rapid.IntRange(0, 800).Draw(t, "date"))
		r.Put("start_date_epoch", schema.IntValue(date.Unix()))
		from := rapid.Int64Range(0, 1439).Draw(t, "from")
		r.Put("start_time_of_day", schema.IntValue(from*60))
		r.Put("end_time_of_day", schema.IntValue(rapid.Int64Range(from+1, 1440).Draw(t, "until")*60))
		r.Put("day_of_month", schema.TextValue(rapid.SampledFrom([]string{"first", "last", "15th", "start_date"}).Draw(t, "day")))
		everyDay := rapid.Bool().Draw(t, "every day")
		for day := range 7 {
			r.Put(strings.ToLower(time.Weekday(day).String()), schema.BoolValue(everyDay || rapid.Bool().Draw(t, "weekday")))
		}
		if rapid.Bool().Draw(t, "ends") {
			r.Put("end_date", schema.TextValue(date.AddDate(0, 0, rapid.IntRange(0, 900).Draw(t, "end")).Format(time.DateOnly)))
		}
		after := begin.Add(time.Duration(rapid.Int64Range(0, 1000*24*60).Draw(t, "after")) * time.Minute)
		step, look := time.Minute, after.AddDate(0, 0, 30)
		if every != "minute" && every != "hour" { // then it is due at the time of day that it begins at
			step, look = 24*time.Hour, after.AddDate(5, 0, 0)
		}
		got, ok := tasks.ScheduleOf(r).Next(after)
		if ok && (!got.After(after) || !due(r, got)) {
			t.Fatalf("after %v comes %v, which isn't due", after, got)
		}
		at := after.Truncate(24 * time.Hour).Add(time.Duration(from) * time.Minute)
		if step == time.Minute {
			at = after
		}
		for ; at.Before(look); at = at.Add(step) {
			if at.After(after) && due(r, at) && (!ok || at.Before(got)) {
				t.Fatalf("after %v comes %v (%v), but %v is due before", after, got, ok, at)
			}
		}
	})
}
