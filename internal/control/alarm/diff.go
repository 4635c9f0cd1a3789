package alarm

import (
	"slices"

	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
)

// plan is what a pass has to write.
type plan struct {
	types  []kind
	raise  []fact
	change []changed
	wake   []system.Alarm // snoozed alarms whose figure is no longer below the threshold of the snooze
	lower  []system.Alarm
	over   []system.AlarmHistory // resolved alarms whose cause is over or has changed
}

// changed is an alarm whose text is another now.
type changed struct {
	alarm system.Alarm
	text  string
}

func (p plan) empty() bool {
	return len(p.types)+len(p.raise)+len(p.change)+len(p.wake)+len(p.lower)+len(p.over) == 0
}

// diff compares what is wrong with the alarms. It is pure.
func diff(s state) (p plan) {
	for _, k := range kinds {
		if !known(s.types[k.name], k) {
			p.types = append(p.types, k)
		}
	}
	for _, f := range s.wrong {
		if i := slices.IndexFunc(s.alarms, func(a system.Alarm) bool { return matterOf(a) == f.matter }); i >= 0 {
			a := s.alarms[i]
			if a.Status != f.text {
				p.change = append(p.change, changed{a, f.text})
			}
			if a.SnoozeThreshold != 0 && f.figure >= a.SnoozeThreshold {
				p.wake = append(p.wake, a)
			}
			continue
		}
		if !slices.ContainsFunc(s.resolved, f.unchanged) {
			p.raise = append(p.raise, f)
		}
	}
	for _, a := range s.alarms {
		if !slices.ContainsFunc(s.wrong, func(f fact) bool { return f.matter == matterOf(a) }) {
			p.lower = append(p.lower, a)
		}
	}
	for _, r := range s.resolved {
		if !slices.ContainsFunc(s.wrong, func(f fact) bool { return f.unchanged(r) }) {
			p.over = append(p.over, r)
		}
	}
	return p
}

// unchanged tells whether a past alarm was about the fact as it is now.
func (f fact) unchanged(past system.AlarmHistory) bool {
	return f.matter == pastMatterOf(past) && past.Status == f.text
}

func known(row *schema.Record, k kind) bool {
	return row != nil && len(row.Changes(schema.Set(k.columns()))) == 0
}
