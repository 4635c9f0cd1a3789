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

// attempt is what failures are counted by: an account, which needn't exist, and where the attempts come from. Somebody elsewhere who knows
// the password isn't shut out by those who guess.
type attempt struct {
	account [sha256.Size]byte
	source  netip.Prefix // zero where it plays no role
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
	until   time.Time // when the next is looked at
	last    time.Time
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
	return max(0, a.by[by].until.Sub(now))
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
	case f.pending <= 1 && f.count == 0:
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
	f.last = now
	if over := f.count - freeFailures; over >= 0 {
		f.until = now.Add(min(longestWait, firstWait<<min(over, 10)))
	}
	a.put(by, f)
}

// clear forgets the failures: a login succeeded.
func (a *attempts) clear(by attempt) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if f, ok := a.by[by]; ok && f.pending > 0 {
		a.by[by] = failures{pending: f.pending, last: f.last}
		return
	}
	delete(a.by, by)
}

// recent returns what is known of by, without failures that are long over.
func (a *attempts) recent(by attempt, now time.Time) failures {
	f := a.by[by]
	if now.Sub(f.last) > longestWait+failuresLast {
		f.count = 0
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
	return errs.New(errs.TooMany, "too_many_attempts", "%s; try again in %d seconds", what, seconds(wait)).After(wait)
}

// seconds rounds up, so that who waits as long as told doesn't come too early.
func seconds(d time.Duration) int64 { return int64(math.Ceil(d.Seconds())) }
