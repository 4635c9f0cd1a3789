package auth

import (
	"crypto/sha256"
	"math"
	"net/netip"
	"strings"
	"sync"
	"time"

	"dewpoint/internal/errs"
)

const (
	freeFailures = 5 // that cost nothing but the time of the check
	firstWait    = 5 * time.Second
	longestWait  = 15 * time.Minute
	failuresLast = time.Hour // after the end of the wait they are forgotten
	mostAttempts = 20000
)

// kind is what the failures of an attempt are added up by.
type kind uint8

const (
	byPair    kind = iota // an account from an address: each further failure doubles the wait
	byAddress             // an address, whatever the account: who tries few passwords on many accounts
	byAccount             // an account, from whatever address: who tries from many
)

// rate is how many failures of a kind cost nothing, and how long it takes until one is forgotten.
func (k kind) rate() (free int, every time.Duration) {
	if k == byAddress {
		return 20, time.Minute
	}
	return 50, 5 * time.Minute
}

// longest is how far in the future until can be.
func (k kind) longest() time.Duration {
	if k == byPair {
		return longestWait
	}
	free, every := k.rate()
	return time.Duration(free+1) * every
}

// attempt is what failures are counted by: an account, which needn't exist, and where the attempts come from. Somebody elsewhere who knows
// the password isn't shut out by those who guess.
type attempt struct {
	kind    kind
	account [sha256.Size]byte // zero where it plays no role
	source  netip.Prefix      // likewise
}

// guard is all that an attempt is counted by, paired first.
type guard [3]attempt

func guardOf(name, from string) guard {
	a, src := accountOf(name), sourceOf(from)
	return guard{{byPair, a, src}, {kind: byAddress, source: src}, {kind: byAccount, account: a}}
}

// accountOf hides a name of any length behind one of a fixed length.
func accountOf(name string) [sha256.Size]byte { return sha256.Sum256([]byte(strings.ToLower(name))) }

// sourceOf returns what one client can be told from another by: the IPv4 address, or the /64 that IPv6 hosts choose their addresses in. What
// is no address is one source.
func sourceOf(address string) netip.Prefix {
	a, err := netip.ParseAddr(address)
	if err != nil {
		return netip.Prefix{}
	}
	a = a.Unmap().WithZone("")
	bits := 64
	if a.Is4() {
		bits = 32
	}
	p, err := a.Prefix(bits)
	if err != nil { // both lengths are good
		panic(err)
	}
	return p
}

// failures is what is known of one attempt.
type failures struct {
	count   int
	pending int       // being looked at
	until   time.Time // paired: when the next is looked at; else when all are forgotten (GCRA's theoretical arrival time)
	last    time.Time
	entered time.Time // the last login of the account from the address, which is known since
	unsaved int       // of count
	cleared bool      // since it was saved: what others know of count and until is over
	changed bool      // since it was saved
	read    time.Time // when the database was asked
	base    time.Time // until as the database had it then
}

// joined is f with what the database knows.
func (f failures) joined(k kind, row failures, now time.Time) failures {
	if row.until.After(now.Add(k.longest())) {
		row.until = time.Time{} // noted while a clock was ahead
	}
	if f.cleared {
		row.count, row.until = 0, time.Time{}
	}
	if more := row.until.Sub(later(f.base, now)); k != byPair && f.unsaved > 0 && !row.until.IsZero() && more > 0 { // what others added
		f.until = later(f.until, now).Add(more)
	}
	f.base = row.until
	f.count = row.count + f.unsaved
	f.until, f.last, f.entered = later(f.until, row.until), later(f.last, row.last), later(f.entered, row.entered)
	if k == byPair && f.count >= freeFailures && f.unsaved > 0 {
		f.until = later(f.until, f.last.Add(waitAfter(f.count)))
	}
	if f.last.After(now) {
		f.last = now
	}
	if f.entered.After(now) {
		f.entered = now
	}
	return f
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// waitAfter is how long the next attempt waits after so many failures.
func waitAfter(count int) time.Duration {
	return min(longestWait, firstWait<<min(max(0, count-freeFailures), 10))
}

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

// errWait refuses something for a while.
func errWait(wait time.Duration, what string) error {
	return errs.New(errs.TooMany, "too_many_attempts", "%s; try again in %d seconds", errs.Ours(what), seconds(wait)).After(wait)
}

// seconds rounds up, so that who waits as long as told doesn't come too early.
func seconds(d time.Duration) int64 { return int64(math.Ceil(d.Seconds())) }
