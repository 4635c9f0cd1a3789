package compute

import (
	"time"

	"dewpoint/internal/calendar"
)

// moments are those at which the period is due.
func (p *SnapshotProfilePeriod) moments() calendar.Period {
	at := calendar.Period{Minute: p.Minute, Hour: p.Hour}
	switch p.Frequency {
	case "hourly":
		at.Hour = -1
	case "weekly":
		if at.Days = p.DayOfWeek; at.Days == "any" || at.Days == "" {
			at.Days = "sun"
		}
	case "monthly":
		at.Day = max(p.DayOfMonth, 1)
	case "yearly":
		at.Day, at.Month = max(p.DayOfMonth, 1), max(p.Month, 1)
	case "custom":
		at.Days, at.Day, at.Month = p.DayOfWeek, p.DayOfMonth, p.Month
	}
	return at
}

// PlanAfter is the change by which the period is due at its first moment after another.
func (p *SnapshotProfilePeriod) PlanAfter(after time.Time) SnapshotProfilePeriodSet {
	due, ok := p.moments().Next(after)
	if !ok { // a Friday, 30 February
		return SnapshotProfilePeriodSet{}.Null(SnapshotProfilePeriodCol.Trigger, SnapshotProfilePeriodCol.EstimatedSnapshotCount)
	}
	set := SnapshotProfilePeriodSet{}.Trigger(due.Unix()).Null(SnapshotProfilePeriodCol.EstimatedSnapshotCount)
	if next, ok := p.moments().Next(due); ok && p.Retention > 0 {
		gap := next.Unix() - due.Unix()
		set.EstimatedSnapshotCount(max((p.Retention+gap-1)/gap, p.MinSnapshots))
	}
	return set
}
