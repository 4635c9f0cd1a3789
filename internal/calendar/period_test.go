package calendar_test

import (
	"testing"
	"time"

	"dewpoint/internal/calendar"
)

func TestPeriods(t *testing.T) {
	t.Parallel()
	const from = "2026-01-31 10:30" // a Saturday
	for name, c := range map[string]struct {
		period calendar.Period
		want   []string
	}{
		"hourly":               {calendar.Period{Minute: 15, Hour: -1}, []string{"2026-01-31 11:15", "2026-01-31 12:15"}},
		"hourly, now":          {calendar.Period{Minute: 30, Hour: -1}, []string{"2026-01-31 11:30"}},
		"daily, today":         {calendar.Period{Minute: 31, Hour: 10}, []string{"2026-01-31 10:31", "2026-02-01 10:31"}},
		"daily, gone":          {calendar.Period{Hour: 10}, []string{"2026-02-01 10:00"}},
		"weekly":               {calendar.Period{Hour: 3, Days: "mon"}, []string{"2026-02-02 03:00", "2026-02-09 03:00"}},
		"monthly, 31st":        {calendar.Period{Hour: 3, Day: 31}, []string{"2026-02-28 03:00", "2026-03-31 03:00", "2026-04-30 03:00"}},
		"yearly, 29 February":  {calendar.Period{Day: 29, Month: 2}, []string{"2026-02-28 00:00", "2027-02-28 00:00", "2028-02-29 00:00"}},
		"Friday the 13th":      {calendar.Period{Day: 13, Days: "fri"}, []string{"2026-02-13 00:00", "2026-03-13 00:00", "2026-11-13 00:00"}},
		"hourly in July, Mon.": {calendar.Period{Minute: 5, Hour: -1, Days: "mon", Month: 7}, []string{"2026-07-06 00:05", "2026-07-06 01:05"}},
		"hourly, over midnight": {
			calendar.Period{Minute: 59, Hour: -1, Day: 31, Days: "sat"},
			[]string{"2026-01-31 10:59", "2026-01-31 11:59", "2026-01-31 12:59", "2026-01-31 13:59", "2026-01-31 14:59", "2026-01-31 15:59", "2026-01-31 16:59", "2026-01-31 17:59", "2026-01-31 18:59", "2026-01-31 19:59", "2026-01-31 20:59", "2026-01-31 21:59", "2026-01-31 22:59", "2026-01-31 23:59", "2026-02-28 00:59"},
		},
	} {
		at, err := time.Parse("2006-01-02 15:04", from)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			next, ok := c.period.Next(at)
			if got := next.Format("2006-01-02 15:04"); !ok || got != want {
				t.Errorf("%s: after %s comes %s (%v), want %s", name, at.Format("2006-01-02 15:04"), got, ok, want)
			}
			at = next
		}
	}
}
