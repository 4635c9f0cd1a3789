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

// quota is what one credential used of its hour, which begins with its first request.
type quota struct {
	used  int64
	reset time.Time
}

// quotas counts requests by the row of their credential. It lives in memory: a restart begins anew. The zero value is ready.
type quotas struct {
	mu sync.Mutex
	by map[useKey]quota
}

// take counts a request of at most most an hour; ok is false, and nothing counted, when none is left.
func (q *quotas) take(by useKey, most int64, now time.Time) (left int64, reset time.Time, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	x, known := q.by[by]
	if !known || !now.Before(x.reset) {
		x = quota{reset: now.Add(quotaSpan)}
	}
	if x.used >= most {
		return 0, x.reset, false
	}
	if !known && len(q.by) >= mostQuotas {
		thin(q.by, func(x quota) int64 {
			if !now.Before(x.reset) {
				return -1
			}
			return x.used
		})
	}
	if q.by == nil {
		q.by = map[useKey]quota{}
	}
	x.used++
	q.by[by] = x
	return most - x.used, x.reset, true
}

// admit counts the request against the credential's hourly limit, 0 for none, and puts into the reply's header what is left.
func (s *Service) admit(by useKey, most int64, reply http.Header) error {
	if most == 0 {
		return nil
	}
	now := s.now()
	left, reset, ok := s.quotas.take(by, most, now)
	reply.Set("X-RateLimit-Limit", strconv.FormatInt(most, 10))
	reply.Set("X-RateLimit-Remaining", strconv.FormatInt(left, 10))
	begins := reset.Add(time.Second - 1).Truncate(time.Second) // a client that comes at the second it was told isn't too early
	reply.Set("X-RateLimit-Reset", strconv.FormatInt(begins.Unix(), 10))
	if ok {
		return nil
	}
	return errs.New(errs.TooMany, "rate_limited", "the limit of %d requests an hour is used up; it begins anew at %s", most, begins.UTC().Format(time.RFC3339)).
		After(reset.Sub(now))
}
