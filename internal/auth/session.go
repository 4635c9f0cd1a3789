package auth

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/store"
)

const sessionBytes = 20 // 40 hex digits

// NewSession opens a session for a user as Login returned him, and gives its token, which can't be read again. Unauthenticated when the
// account's tokens have ended since: then he showed a password that has been changed, or no code where one is needed by now.
func (s *Service) NewSession(ctx context.Context, u access.User, address string) (token string, err error) {
	raw := make([]byte, sessionBytes)
	rand.Read(raw)
	token = hex.EncodeToString(raw)
	at := s.now().Unix()
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		now, err := store.GetRow[access.User](tx, u.Key)
		if err = ifThere(err); err != nil {
			return err
		}
		if now.Key != u.Key || now.TokenEpoch != u.TokenEpoch {
			return errBad()
		}
		_, err = store.Create(tx, access.SessionSet{}.User(u.Key).Digest(digestOf(token)).Created(at).Used(at).Address(address))
		return err
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// EndSession closes the session of a token; NotFound when there is none.
func (s *Service) EndSession(ctx context.Context, token string) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		found, err := tx.Find("sessions", store.Is(access.SessionCol.Digest, digestOf(token)))
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return errs.New(errs.NotFound, "not_found", "there is no such session")
		}
		return tx.Delete("sessions", found[0].Key)
	})
}

// toldWithin is how long after its use by another server a session's row tells of it.
const toldWithin = writeUseEvery + 2*flushEvery

// alive reports whether the session is neither too old nor, as far as is known here, unused for too long. Uses in the future don't count.
func (s *Service) alive(row access.Session, l limits) bool {
	now, used := s.now(), row.Created
	for _, at := range []int64{row.Used, s.uses.last(useKey{"sessions", row.Key})} {
		if believable(at, now) {
			used = max(used, at)
		}
	}
	return within(row.Created, l.age, now) && within(used, l.idle, now)
}

// sweep removes the sessions that are over, on every server, and what is known of sign-ins whose tokens are.
func (s *Service) sweep(ctx context.Context) error {
	return s.db.Update(ctx, func(tx *store.Tx) error {
		if err := errors.Join(s.forgetSignIns(tx), s.forgetAttempts(tx)); err != nil {
			return err
		}
		l, err := readLimits(tx)
		if err != nil {
			return err
		}
		l.idle += toldWithin
		rows, err := store.FindRows[access.Session](tx)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if s.alive(row, l) {
				continue
			}
			if err := tx.Delete("sessions", row.KeyValue()); err != nil {
				return err
			}
		}
		return nil
	})
}
