package auth

import (
	"math"
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

// errWait refuses something for a while.
func errWait(wait time.Duration, what string) error {
	return errs.New(errs.TooMany, "too_many_attempts", "%s; try again in %d seconds", errs.Ours(what), seconds(wait)).After(wait)
}

// seconds rounds up, so that who waits as long as told doesn't come too early.
func seconds(d time.Duration) int64 { return int64(math.Ceil(d.Seconds())) }
