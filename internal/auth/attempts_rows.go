package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"dewpoint/internal/model/access"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

const (
	attemptsTable = "login_attempts"
	// mostWritten bounds what one flush writes of attempts: what is left comes with the next.
	mostWritten = 1000
	// knownFor is how long an address is known after the last login of an account from there.
	knownFor = 90 * 24 * time.Hour
)

// row is the key of the attempt's row. It hides names and addresses no better than a digest does; its length is what counts.
func (a attempt) row() schema.Value {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %x %s", a.kind, a.account, a.source))
	return schema.TextValue(hex.EncodeToString(sum[:]))
}

// load reads what the database knows of the attempts, unless that was done a moment ago: other servers write there too.
func (s *Service) load(ctx context.Context, g guard) error {
	now := s.now()
	stale := s.attempts.stale(g[:], now)
	if len(stale) == 0 {
		return nil
	}
	keys, byKey := make([]schema.Value, len(stale)), map[schema.Value]attempt{}
	for i, by := range stale {
		keys[i] = by.row()
		byKey[keys[i]] = by
	}
	return s.db.View(ctx, func(tx *store.Tx) error {
		rows, err := tx.Find(attemptsTable, store.Key(keys...))
		if err != nil {
			return err
		}
		for _, r := range rows {
			s.attempts.merge(byKey[r.Key], failuresIn(r), now)
			delete(byKey, r.Key)
		}
		for _, by := range byKey {
			s.attempts.merge(by, failures{}, now)
		}
		return nil
	})
}

func failuresIn(r *schema.Record) failures {
	of := access.LoginAttemptCol
	at := func(c schema.Column[int64]) time.Time {
		if n := c.Of(r).Int(); n != 0 {
			return time.UnixMicro(n)
		}
		return time.Time{}
	}
	return failures{count: int(of.Failures.Of(r).Int()), until: at(of.Until), last: at(of.Last), entered: at(of.Entered)}
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// flushAttempts writes down what changed since the last time, in the transaction at hand, and learns what other servers wrote. While the
// table is full new rows wait in memory.
func (s *Service) flushAttempts(tx *store.Tx, changed map[attempt]failures) (saved map[attempt]failures, err error) {
	kept, err := tx.Count(attemptsTable, store.Is(access.LoginAttemptCol.Entered, 0))
	if err != nil {
		return nil, err
	}
	saved = map[attempt]failures{}
	order := make([]attempt, 0, len(changed))
	for by := range changed {
		order = append(order, by)
	}
	slices.SortFunc(order, func(a, b attempt) int { return strings.Compare(a.row().Text(), b.row().Text()) })
	for _, by := range order {
		rows, err := tx.Find(attemptsTable, store.Key(by.row()))
		if err != nil {
			return nil, err
		}
		f := changed[by]
		if len(rows) > 0 {
			f = f.joined(by.kind, failuresIn(rows[0]), s.now())
		}
		set := access.LoginAttemptSet{}.Failures(int64(f.count)).Until(micros(f.until)).Last(micros(f.last)).Entered(micros(f.entered))
		switch {
		case len(rows) > 0:
			err = store.Write(tx, by.row(), set)
		case kept < mostAttempts || !f.entered.IsZero():
			err = store.CreateAs(tx, by.row(), set)
			kept++
		default:
			continue
		}
		if err != nil {
			return nil, err
		}
		saved[by] = f
	}
	return saved, nil
}

// forgetAttempts clears away what is over, or was noted while a clock was ahead.
func (s *Service) forgetAttempts(tx *store.Tx) error {
	now := s.now()
	over, err := tx.Find(attemptsTable, store.IsUpTo(access.LoginAttemptCol.Last, micros(now.Add(-longestWait-failuresLast))))
	if err != nil {
		return err
	}
	for _, r := range over {
		if f := failuresIn(r); f.entered.IsZero() || now.Sub(f.entered) > knownFor {
			if err := tx.Purge(attemptsTable, r.Key); err != nil {
				return err
			}
		}
	}
	return nil
}
