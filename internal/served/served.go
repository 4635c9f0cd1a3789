// Package served tells for how long servers have run on a database: a clock that nobody can set, for what must not be lost because the time
// of day was wrong for a while.
package served

import (
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

const table = "served_time"

// row is named after those who count.
var row = schema.TextValue("auth")

// Count adds what has passed since the last count to the time that servers have run on the database, and returns that in seconds. It goes on
// with the process's own clock, which nobody can set, and no faster than the time of day since any server counted last, so that servers side by
// side count once. What was gained or lost by setting a clock isn't in it, nor the time while no server ran: it is never ahead.
func Count(tx *store.Tx, now time.Time, passed time.Duration) (int64, error) {
	r, err := tx.Get(table, row)
	if errs.Is(err, errs.NotFound) {
		r = schema.NewRecord(tx.Schema().Table(table))
		r.Key = row
		r.Put("seconds", schema.IntValue(0))
		r.Put("counted", schema.IntValue(now.Unix()))
		_, err = tx.Create(r, nil)
		return 0, err
	}
	if err != nil {
		return 0, err
	}
	seconds := r.Get("seconds").Int() + max(min(int64(passed/time.Second), now.Unix()-r.Get("counted").Int()), 0)
	return seconds, tx.Change(table, row, schema.Set{"seconds": schema.IntValue(seconds), "counted": schema.IntValue(now.Unix())})
}

// Seconds returns what was counted last.
func Seconds(tx *store.Tx) (int64, error) {
	r, err := tx.Get(table, row)
	if errs.Is(err, errs.NotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return r.Get("seconds").Int(), nil
}

// SinceLast tells, each time that it is called, how long ago the last time was, by the process's own clock.
func SinceLast() func() time.Duration {
	last := time.Now()
	return func() time.Duration {
		now := time.Now()
		d := now.Sub(last)
		last = now
		return d
	}
}
