package guest

import (
	"sync"
	"time"

	"dewpoint/internal/host/libvirt"
)

// state is what is known of a guest's agent.
type state int

const (
	unknown state = iota // not asked yet, or libvirt doesn't say
	absent               // none is connected
	stalls               // one is, and doesn't answer with sense
	talks
)

// How often an agent is asked. A guest that has just started is likely to get its agent soon, and then its addresses, for which people wait.
const (
	youth    = 5 * time.Minute
	inYouth  = 10 * time.Second
	refresh  = time.Minute
	patience = 3 * time.Minute // with one that stalls
)

// last is the last visit to a guest.
type last struct {
	run   int32
	first time.Time // it was seen running
	at    time.Time
	state state
}

// visits remember when which guest was asked. The zero value knows none; it is for concurrent use.
type visits struct {
	mu  sync.Mutex
	all map[int64]last
}

// due reports whether a guest is to be asked now.
func (v *visits) due(machine int64, run int32, now time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	l, known := v.all[machine]
	if !known || l.run != run {
		if v.all == nil {
			v.all = map[int64]last{}
		}
		v.all[machine] = last{run: run, first: now}
		return true
	}
	wait := refresh
	switch {
	case l.state == stalls:
		wait = patience
	case now.Sub(l.first) < youth:
		wait = inYouth
	}
	return now.Sub(l.at) >= wait
}

// note remembers how a visit ended, and returns what was known of the guest before.
func (v *visits) note(machine int64, run int32, s state, now time.Time) (before state) {
	v.mu.Lock()
	defer v.mu.Unlock()
	l, known := v.all[machine]
	if !known || l.run != run {
		return unknown // it was restarted meanwhile
	}
	before, l.state, l.at = l.state, s, now
	v.all[machine] = l
	return before
}

// keep forgets the guests that don't run.
func (v *visits) keep(running map[int64]libvirt.Info) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for key := range v.all {
		if _, runs := running[key]; !runs {
			delete(v.all, key)
		}
	}
}
