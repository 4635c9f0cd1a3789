package auth

import (
	"sync"
	"time"
)

// attempts counts failed logins and says who has to wait. The zero value is ready; its memory is bounded.
type attempts struct {
	mu sync.Mutex
	by map[attempt]failures
}

// blocked returns how long the next attempt has to wait; 0 when it needn't.
func (a *attempts) blocked(by attempt, now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.wait(by, now)
}

func (a *attempts) wait(by attempt, now time.Time) time.Duration {
	until := a.by[by].until
	if until.IsZero() {
		return 0
	}
	wait := until.Sub(now)
	if by.kind != byPair {
		free, every := by.kind.rate()
		wait -= time.Duration(free-1) * every
	}
	return max(0, wait)
}

// blockedAny is blocked for all that an attempt is counted by. From an address where the account signed in before only their own failures count.
func (a *attempts) blockedAny(g guard, now time.Time) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	wait := a.wait(g[0], now)
	if at := a.by[g[0]].entered; !at.IsZero() && now.Sub(at) < knownFor {
		return wait
	}
	return max(wait, a.wait(g[1], now), a.wait(g[2], now))
}

// stale returns those that the database wasn't asked about lately.
func (a *attempts) stale(all []attempt, now time.Time) (list []attempt) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, by := range all {
		if f, ok := a.by[by]; !ok || f.read.IsZero() || now.Sub(f.read) >= cachedFor || now.Before(f.read) {
			list = append(list, by)
		}
	}
	return list
}

// merge takes over what the database knows.
func (a *attempts) merge(by attempt, row failures, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f := a.by[by].joined(by.kind, row, now)
	f.read = now
	if f.last.IsZero() {
		f.last = now
	}
	a.put(by, f)
}

// take returns what changed since it was saved last, at most some of it; saved tells what became of it.
func (a *attempts) take() map[attempt]failures {
	a.mu.Lock()
	defer a.mu.Unlock()
	due := map[attempt]failures{}
	for by, f := range a.by {
		if f.changed && len(due) < mostWritten {
			due[by] = f
		}
	}
	return due
}

// saved notes what was written, beside what happened since it was taken.
func (a *attempts) saved(taken, written map[attempt]failures, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for by, w := range written {
		f, ok := a.by[by]
		if !ok {
			continue
		}
		since := f.unsaved - taken[by].unsaved
		if since < 0 || f.entered.After(taken[by].entered) { // a login came between
			continue
		}
		f.count, f.unsaved, f.changed, f.cleared, f.read = w.count+since, since, since > 0, false, now
		f.until, f.base = later(f.until, w.until), w.until
		a.by[by] = f
	}
}

// quick lets an attempt through whose password is remembered as right, before any wait for a turn. An attempt that isn't is pending until
// done is called: with so many of them that their failures will block, nothing is said about the next one before it has had its turn.
func (a *attempts) quick(by attempt, now time.Time, remembered func() bool) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	f := a.recent(by, now)
	if f.count+f.pending < freeFailures && remembered() {
		return true
	}
	f.pending++
	f.last = now
	a.put(by, f)
	return false
}

// done ends what quick began.
func (a *attempts) done(by attempt) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f, ok := a.by[by]
	switch {
	case !ok:
	case f.pending <= 1 && f.count == 0 && f.entered.IsZero() && !f.changed:
		delete(a.by, by)
	default:
		f.pending = max(0, f.pending-1)
		a.by[by] = f
	}
}

// fail counts a failure. From the fifth on the next attempt has to wait: 5 seconds, and each time twice as long, up to 15 minutes.
func (a *attempts) fail(by attempt, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f := a.recent(by, now)
	f.count++
	f.unsaved++
	f.last, f.changed = now, true
	if by.kind != byPair {
		_, every := by.kind.rate()
		f.until = later(f.until, now).Add(every)
	} else if f.count >= freeFailures {
		f.until = now.Add(waitAfter(f.count))
	}
	a.put(by, f)
}

// enter forgets the failures of an account from an address and notes that it is known there.
func (a *attempts) enter(by attempt, now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f := a.by[by]
	if f.count == 0 && now.Sub(f.entered) < knownFor/90 && !now.Before(f.entered) {
		return // nothing new
	}
	a.put(by, failures{pending: f.pending, last: now, entered: now, cleared: true, changed: true, read: f.read})
}

// clear forgets the failures: a login succeeded.
func (a *attempts) clear(by attempt) {
	a.mu.Lock()
	defer a.mu.Unlock()
	f, ok := a.by[by]
	if !ok || f.count == 0 {
		return
	}
	a.by[by] = failures{pending: f.pending, last: f.last, entered: f.entered, cleared: true, changed: true, read: f.read}
}

// recent returns what is known of by, without failures that are long over.
func (a *attempts) recent(by attempt, now time.Time) failures {
	f := a.by[by]
	if now.Sub(f.last) > longestWait+failuresLast && f.count > 0 {
		f.count, f.unsaved, f.cleared, f.changed = 0, 0, true, true
	}
	return f
}

// put keeps f, and makes room first when there is none: for what is old, then for those who failed the least.
func (a *attempts) put(by attempt, f failures) {
	if _, known := a.by[by]; !known && len(a.by) >= mostAttempts {
		now := f.last
		thin(a.by, func(f failures) int64 {
			if now.Sub(f.last) > longestWait+failuresLast {
				return -1
			}
			return int64(f.count)
		})
	}
	if a.by == nil {
		a.by = map[attempt]failures{}
	}
	a.by[by] = f
}
