package alarm

import (
	"slices"

	"dewpoint/internal/schema"
)

// plan is what a pass has to write.
type plan struct {
	types  []kind
	raise  []fact
	change []changed
	wake   []*schema.Record // snoozed alarms whose figure is no longer below the threshold of the snooze
	lower  []*schema.Record
	over   []*schema.Record // resolved alarms whose cause is over or has changed
}

// changed is an alarm whose text is another now.
type changed struct {
	alarm *schema.Record
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
		if i := slices.IndexFunc(s.alarms, f.same); i >= 0 {
			a := s.alarms[i]
			if a.Get("status").Text() != f.text {
				p.change = append(p.change, changed{a, f.text})
			}
			if limit := a.Get("snooze_threshold"); !limit.IsNull() && f.figure >= limit.Real() {
				p.wake = append(p.wake, a)
			}
			continue
		}
		if !slices.ContainsFunc(s.resolved, f.unchanged) {
			p.raise = append(p.raise, f)
		}
	}
	for _, a := range s.alarms {
		if !slices.ContainsFunc(s.wrong, func(f fact) bool { return f.same(a) }) {
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
func (f fact) unchanged(past *schema.Record) bool {
	return f.same(past) && past.Get("status").Text() == f.text
}

func known(row *schema.Record, k kind) bool {
	if row == nil {
		return false
	}
	for column, v := range k.columns() {
		if row.Get(column).Text() != v.Text() {
			return false
		}
	}
	return true
}
