package store

import (
	"time"

	"dewpoint/internal/schema"
)

// ClockSlack is how far ahead of the present a stored time may lie and still be right: clocks of servers differ, and are set by small steps.
const ClockSlack = 2 * time.Minute

// LastTime is the latest time that the database has seen, as far as its log of changes reaches back; the zero time when it is empty. While
// it lies more than ClockSlack ahead of Now, the clock has gone back, or was ahead for a while.
func (tx *Tx) LastTime() (time.Time, error) {
	var at int64
	err := tx.row(`SELECT coalesce(max("at"), 0) FROM "_changes"`).Scan(&at)
	if err != nil || at == 0 {
		return time.Time{}, tx.db.classify(err)
	}
	return time.Unix(at, 0).UTC(), nil
}

// IsFrom keeps the rows whose column is a number not below v.
func IsFrom(c schema.Column[int64], v int64) Cond {
	return Cond{column: c.Name(), values: []schema.Value{schema.IntValue(v - 1)}, test: after}
}

// InFuture keeps the rows whose column has a time that can't have come yet.
func (tx *Tx) InFuture(c schema.Column[int64]) Cond {
	return Cond{column: c.Name(), values: []schema.Value{schema.IntValue(tx.at.Add(ClockSlack).Unix())}, test: after}
}
