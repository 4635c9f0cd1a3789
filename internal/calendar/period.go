package calendar

import "time"

// Period is a moment that comes again and again: at a minute of an hour, on days that are let through. All times are UTC's.
type Period struct {
	Minute int64
	Hour   int64  // -1 for each hour
	Days   string // three letters, as "mon"; "any" or "" for each day of the week
	Day    int64  // of the month, or its last day where that is earlier; 0 for each
	Month  int64  // from 1; 0 for each
}

// Next returns the first moment of a period after another. There always is one: the calendar comes again as it was after 400 years.
func (p Period) Next(after time.Time) (due time.Time, ok bool) {
	after = after.UTC()
	day := time.Date(after.Year(), after.Month(), after.Day(), 0, 0, 0, 0, time.UTC)
	for range 400 * 366 {
		if p.on(day) {
			if due := p.within(day, after); due.After(after) {
				return due, true
			}
		}
		day = day.AddDate(0, 0, 1)
	}
	return due, false
}

// on reports whether the period has the day.
func (p Period) on(day time.Time) bool {
	last := time.Date(day.Year(), day.Month()+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return (p.Days == "" || p.Days == "any" || Weekdays[day.Weekday()][:3] == p.Days) &&
		(p.Day == 0 || int(min(p.Day, int64(last))) == day.Day()) && (p.Month == 0 || time.Month(p.Month) == day.Month())
}

// within is the first moment of a day after another, or the day's last one.
func (p Period) within(day, after time.Time) time.Time {
	if p.Hour >= 0 {
		return day.Add(time.Duration(p.Hour)*time.Hour + time.Duration(p.Minute)*time.Minute)
	}
	due := day.Add(time.Duration(p.Minute) * time.Minute)
	for hour := 1; hour < 24 && !due.After(after); hour++ {
		due = due.Add(time.Hour)
	}
	return due
}
