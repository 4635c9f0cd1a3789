package auth

import (
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

const (
	servedTable = "served_time"
	servedRow   = "auth"
)

// countServed adds what has passed since the last count to the time that servers have run on the database, and returns that. It goes on with
// the processes' own clocks, which nobody can set, and no faster than the time of day since any server counted last, so that servers side by
// side count once. What was gained or lost by setting a clock isn't in it, nor the time while no server ran: it is never ahead.
func (s *Service) countServed(tx *store.Tx) (int64, error) {
	passed := s.passed()
	now, key := s.now().Unix(), schema.TextValue(servedRow)
	r, err := tx.Get(servedTable, key)
	if errs.Is(err, errs.NotFound) {
		r = schema.NewRecord(tx.Schema().Table(servedTable))
		r.Key = key
		r.Put("seconds", schema.IntValue(0))
		r.Put("counted", schema.IntValue(now))
		_, err = tx.Create(r, nil)
		return 0, err
	}
	if err != nil {
		return 0, err
	}
	seconds := r.Get("seconds").Int() + max(min(int64(passed/time.Second), now-r.Get("counted").Int()), 0)
	return seconds, tx.Change(servedTable, key, schema.Set{"seconds": schema.IntValue(seconds), "counted": schema.IntValue(now)})
}

// served returns what was counted last, at most a sweep ago.
func served(tx *store.Tx) (int64, error) {
	r, err := tx.Get(servedTable, schema.TextValue(servedRow))
	if errs.Is(err, errs.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return r.Get("seconds").Int(), nil
}

// sinceLast tells, each time that it is called, how long ago the last time was, by the process's own clock.
func sinceLast() func() time.Duration {
	last := time.Now()
	return func() time.Duration {
		now := time.Now()
		d := now.Sub(last)
		last = now
		return d
	}
}
