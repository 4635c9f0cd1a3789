package auth

import (
	"context"
	"sync"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// writeUseEvery is how often the use of one session, key or account is written at most.
const writeUseEvery = time.Minute

// useKey names a row whose use is noted.
type useKey struct {
	table string
	key   int64
}

// use is what is known of one row in memory.
type use struct {
	at      int64 // last use, in seconds since 1970
	written int64 // when that was last written
	address string
}

// uses collects the uses of credentials off the path of requests; flush writes them. The zero value is ready.
type uses struct {
	mu       sync.Mutex
	byRow    map[useKey]use
	failures map[int64]tally // by user, since the last flush
}

// tally is what is to become of the failed attempts that an account's row holds.
type tally struct {
	anew  bool // a login succeeded: they are over
	count int64
}

func (u *uses) note(k useKey, at time.Time, address string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.byRow == nil {
		u.byRow = map[useKey]use{}
	}
	before := u.byRow[k]
	if !believable(before.at, at) {
		before.at = 0 // noted while the clock was ahead
	}
	u.byRow[k] = use{at: max(at.Unix(), before.at), written: min(before.written, at.Unix()), address: address}
}

// last returns when the row was last used, 0 when that isn't known here.
func (u *uses) last(k useKey) int64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.byRow[k].at
}

func (u *uses) failed(user int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	t := u.failures[user]
	t.count++
	u.keep(user, t)
}

// forgive forgets the failures of an account after a login; written says whether its row holds some too.
func (u *uses) forgive(user int64, written bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if delete(u.failures, user); written {
		u.keep(user, tally{anew: true})
	}
}

func (u *uses) keep(user int64, t tally) {
	if u.failures == nil {
		u.failures = map[int64]tally{}
	}
	u.failures[user] = t
}

// take returns what is due to be written and forgets what is written and old.
func (u *uses) take(now time.Time) (due map[useKey]use, failures map[int64]tally) {
	u.mu.Lock()
	defer u.mu.Unlock()
	failures, u.failures = u.failures, nil
	due = map[useKey]use{}
	for k, x := range u.byRow {
		if now.Unix()-x.written < int64(writeUseEvery/time.Second) {
			continue
		}
		if x.at <= x.written {
			delete(u.byRow, k)
			continue
		}
		due[k] = x
		u.byRow[k] = use{at: x.at, written: now.Unix(), address: x.address}
	}
	return due, failures
}

// flush writes down what was collected, in one transaction.
func (s *Service) flush(ctx context.Context) error {
	due, failures := s.uses.take(s.now())
	tried := s.attempts.take()
	if len(due) == 0 && len(failures) == 0 && len(tried) == 0 {
		return nil
	}
	written, err := s.write(ctx, due, failures, tried)
	if err == nil {
		s.attempts.saved(tried, written, s.now())
	}
	return err
}

func (s *Service) write(ctx context.Context, due map[useKey]use, counts map[int64]tally, tried map[attempt]failures) (written map[attempt]failures, err error) {
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		if written, err = s.flushAttempts(tx, tried); err != nil {
			return err
		}
		for k, x := range due {
			if err := ifThere(x.write(tx, k, s.now())); err != nil {
				return err
			}
		}
		for user, t := range counts {
			if err := ifThere(t.write(tx, user)); err != nil {
				return err
			}
		}
		return nil
	})
	return written, err
}

func (t tally) write(tx *store.Tx, user int64) error {
	row, err := store.GetRow[access.User](tx, user)
	if err != nil {
		return err
	}
	if !t.anew {
		t.count += row.FailedAttempts
	}
	return store.Write(tx, user, access.UserSet{}.FailedAttempts(t.count))
}

// usedIn is the column that says when a row of a table was last used.
func usedIn(table string) schema.Column[int64] {
	switch table {
	case "sessions":
		return access.SessionCol.Used
	case "user_api_keys":
		return access.UserAPIKeyCol.LastloginStamp
	}
	return access.UserCol.LastLogin
}

// write writes a use down unless another server has written a later one that can be.
func (x use) write(tx *store.Tx, k useKey, now time.Time) error {
	r, err := tx.Get(k.table, schema.IntValue(k.key))
	if err != nil {
		return err
	}
	used := usedIn(k.table)
	if noted := used.Of(r).Int(); noted > x.at && believable(noted, now) {
		return nil
	}
	set := schema.Set{used.Name(): used.Value(x.at)}
	if k.table == "user_api_keys" {
		access.UserAPIKeySet(set).LastloginIP(x.address)
	}
	return tx.Change(k.table, r.Key, set)
}

// ifThere drops the error of a row that was deleted meanwhile.
func ifThere(err error) error {
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}
