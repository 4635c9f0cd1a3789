// Package calendar says at which moments a schedule is due. It is pure: no clock, no rows.
package calendar

import "time"

// Schedule is a row of task_schedules as its moments follow from it. Moments are in seconds since 1970, and days are those of UTC.
type Schedule struct {
	Enabled bool
	Every   string // repeat_every
	Count   int64  // of them between two moments, at least 1
	Date    int64  // the beginning of the start date
	End     int64  // before which it is due
	// From and Until are seconds of a day, From before Until.
	From, Until int64
	DayOfMonth  string
	Days        [7]bool // that it may be due on, by time.Weekday
}

// EndOf is the moment before which a schedule with that end date is due. Nothing is due after the year 9999.
func EndOf(date string) int64 {
	last := time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	t, whole, ok := ParseDate(date)
	switch {
	case !ok:
		return last
	case whole:
		return min(last, t.Unix()+DaySeconds)
	}
	return min(last, t.Unix()+1)
}

// Next returns the first moment after another at which the schedule is due; ok is false when there is none.
func (s Schedule) Next(after time.Time) (due time.Time, ok bool) {
	if !s.Enabled {
		return due, false
	}
	all := s.series()
	first := all.from(after.Unix())
	// If none of so many moments in a row is let through, none ever is.
	for k := first; k < first+all.period+overlap; k++ {
		t := all.at(k)
		if t >= s.End {
			break
		}
		if t > after.Unix() && s.lets(t) {
			return time.Unix(t, 0).UTC(), true
		}
	}
	return due, false
}

// start is the moment from which the schedule is counted.
func (s Schedule) start() int64 { return s.Date + s.From }

// lets reports whether start, weekday and time of day let the schedule be due at t.
func (s Schedule) lets(t int64) bool {
	clock := t % DaySeconds
	return t >= s.start() && s.Days[weekday(t)] && clock >= s.From && clock < s.Until
}

// weekday is the day of the week of t by time.Weekday; 1 January 1970 was a Thursday.
func weekday(t int64) int64 { return (t/DaySeconds + int64(time.Thursday)) % 7 }

// series is the moments at which a schedule would be due if only its repetition counted, in order, numbered from 0 on.
type series struct {
	at func(k int64) int64
	// from returns a number before which no moment is later than after.
	from func(after int64) int64
	// period is the count of moments after which days of the week and times of day come again as they were.
	period int64
}

// overlap is how many moments behind from may lie before the wanted one, at most: the days of two weeks.
const overlap = 14

func (s Schedule) series() series {
	switch s.Every {
	case "minute":
		return s.steps(s.Count * 60)
	case "hour":
		return s.steps(s.Count * 60 * 60)
	case "day":
		return s.steps(s.Count * DaySeconds)
	case "week":
		if s.Days == [7]bool{true, true, true, true, true, true, true} { // no choice
			return s.steps(s.Count * 7 * DaySeconds)
		}
		return s.weeks(s.Count)
	case "month":
		return s.months(s.Count)
	case "year":
		return s.months(s.Count * 12)
	}
	return s.steps(s.End) // once: the second moment is not before the end
}

// steps is moments that lie equally far apart.
func (s Schedule) steps(seconds int64) series {
	return series{
		at:     func(k int64) int64 { return s.start() + k*seconds },
		from:   func(after int64) int64 { return max((after-s.start())/seconds, 0) },
		period: 7 * DaySeconds / gcd(seconds, 7*DaySeconds),
	}
}

// weeks is all days of each n-th week. Weeks begin on Monday.
func (s Schedule) weeks(n int64) series {
	monday, seconds := s.start()-(weekday(s.start())+6)%7*DaySeconds, n*7*DaySeconds
	return series{
		at:     func(k int64) int64 { return monday + k/7*seconds + k%7*DaySeconds },
		from:   func(after int64) int64 { return max((after-monday)/seconds, 0) * 7 },
		period: 7,
	}
}

// months is a day of each n-th month. The calendar comes again as it was after 400 years.
func (s Schedule) months(n int64) series {
	begin := monthOf(s.Date)
	return series{
		at:     func(k int64) int64 { return s.inMonth(begin+k*n) + s.From },
		from:   func(after int64) int64 { return max((monthOf(after)-begin)/n, 0) },
		period: 400 * 12,
	}
}

// monthOf numbers the months since the year 0.
func monthOf(t int64) int64 {
	day := time.Unix(t, 0).UTC()
	return int64(day.Year())*12 + int64(day.Month()) - 1
}

// inMonth is the beginning of the day of a month on which the schedule is due.
func (s Schedule) inMonth(month int64) int64 {
	first := time.Date(int(month/12), time.Month(month%12)+1, 1, 0, 0, 0, 0, time.UTC)
	last, day := first.AddDate(0, 1, -1).Day(), 1
	switch s.DayOfMonth {
	case "15th":
		day = 15
	case "last":
		day = last
	case "start_date":
		day = min(time.Unix(s.Date, 0).UTC().Day(), last)
	}
	return first.Unix() + int64(day-1)*DaySeconds
}

func gcd(a, b int64) int64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// DaySeconds is the length of a day: schedules go by UTC, which has no other days.
const DaySeconds = 24 * 60 * 60

// Weekdays are the columns of a schedule that choose days, in the order of time.Weekday.
var Weekdays = [7]string{"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}

// ParseDate reads a day, or a second of one.
func ParseDate(text string) (t time.Time, whole, ok bool) {
	t, err := time.Parse(time.DateOnly, text)
	if whole = err == nil; !whole {
		t, err = time.Parse(time.DateTime, text)
	}
	return t, whole, err == nil && t.Year() >= 1970
}
