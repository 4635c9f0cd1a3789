package auth

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"dewpoint/internal/errs"
)

const (
	quotaSpan  = time.Hour
	mostQuotas = 50000
)

// quota is what one credential used and has not regained: a bucket that leaks evenly, so that one who used it up need not wait for an hour.
type quota struct {
	// used counts requests in parts of one: quotaSpan in microseconds. It holds the largest limit, and the leak of a microsecond is a whole number.
	used int64
	at   time.Time // when it was that much
}

const quotaParts = int64(quotaSpan / time.Microsecond)

// after is the quota at a later time, of at most most requests an hour. A clock that was set back regains nothing.
func (q quota) after(now time.Time, most int64) quota {
	passed := min(max(now.Sub(q.at), 0), quotaSpan)
	return quota{used: max(min(q.used, most*quotaParts)-int64(passed/time.Microsecond)*most, 0), at: now}
}

// fits tells how many more requests fit.
func (q quota) fits(most int64) int64 { return (most*quotaParts - q.used) / quotaParts }

// wait tells when the next request is regained beyond those that fit now.
func (q quota) wait(most int64) time.Duration {
	lacks := q.used - (most-q.fits(most)-1)*quotaParts
	return time.Duration((lacks+most-1)/most) * time.Microsecond
}

// quotas counts requests by the row of their credential. It lives in memory: a restart begins anew. The zero value is ready.
type quotas struct {
	mu sync.Mutex
	by map[useKey]quota
}

// take counts a request of at most most an hour; ok is false, and nothing counted, when none fits. Wait is when one more than left fits.
func (q *quotas) take(by useKey, most int64, now time.Time) (left int64, wait time.Duration, ok bool) {
	now = now.Truncate(time.Microsecond)
	q.mu.Lock()
	defer q.mu.Unlock()
	x, known := q.by[by]
	x = x.after(now, most)
	if x.fits(most) == 0 { // so it is known
		q.by[by] = x // from now on, should the clock have been set back
		return 0, x.wait(most), false
	}
	if !known && len(q.by) >= mostQuotas {
		thin(q.by, func(x quota) int64 { return x.after(now, most).used - 1 })
	}
	if q.by == nil {
		q.by = map[useKey]quota{}
	}
	x.used += quotaParts
	q.by[by] = x
	return x.fits(most), x.wait(most), true
}

// admit counts the request against the credential's hourly limit, 0 for none, and puts into the reply's header what is left and when the
// next one is regained.
func (s *Service) admit(by useKey, most int64, reply http.Header) error {
	if most == 0 {
		return nil
	}
	now := s.now()
	left, wait, ok := s.quotas.take(by, most, now)
	reply.Set("X-RateLimit-Limit", strconv.FormatInt(most, 10))
	reply.Set("X-RateLimit-Remaining", strconv.FormatInt(left, 10))
	regained := now.Add(wait + time.Second - 1).Truncate(time.Second) // a client that comes at the second it was told isn't too early
	reply.Set("X-RateLimit-Reset", strconv.FormatInt(regained.Unix(), 10))
	if ok {
		return nil
	}
	return errs.New(errs.TooMany, "rate_limited", "the limit of %d requests an hour is used up; send the next request at %s", most, regained.UTC().Format(time.RFC3339)).
		After(wait)
}
