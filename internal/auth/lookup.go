package auth

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strconv"

	"dewpoint/internal/model/access"
	"dewpoint/internal/store"
)

// digestOf is what is kept of a token or key: both are random, so a fast hash is enough.
func digestOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// find answers from the cache, or by read in one read transaction. What isn't there gives no holder (ok false) and no error. Every request
// comes through here first, which is why it waits for the news of other servers: from then on all that this one keeps in memory (holders,
// grants, versions of tables) is as new as the request.
func (s *Service) find(ctx context.Context, key string, read func(*store.Tx) (holder, bool, error)) (h holder, ok bool, err error) {
	if err := s.db.Sync(ctx); err != nil {
		return holder{}, false, err
	}
	now := s.now()
	h, ok, epoch := s.holders.get(key, now)
	if ok {
		return h, true, nil
	}
	err = s.db.View(ctx, func(tx *store.Tx) error {
		h, ok, err = read(tx)
		return err
	})
	if err == nil && ok {
		s.holders.put(key, h, now, epoch)
	}
	return h, ok, err
}

// longestName is how long login names are.
const longestName = 128

// byName finds an account by its login name. That there is none is kept like an account, so that the one takes no longer than the other:
// known is false then.
func (s *Service) byName(ctx context.Context, name string) (h holder, known bool, err error) {
	if len(name) > longestName {
		name = "" // nobody's
	}
	h, _, err = s.find(ctx, "name "+name, func(tx *store.Tx) (holder, bool, error) {
		found, err := store.FindRows[access.User](tx, store.Is(access.UserCol.Name, name))
		if err != nil || len(found) == 0 {
			return holder{}, err == nil, err
		}
		h := holder{user: found[0]}
		if h.user.AuthSource != 0 {
			if h.source, err = s.readSource(tx, h.user.AuthSource); err != nil {
				return holder{}, false, err
			}
		}
		h.limits, err = readLimits(tx)
		return h, err == nil, err
	})
	return h, h.user.Key != 0, err
}

// byKey finds an account by its key.
func (s *Service) byKey(ctx context.Context, key int64) (holder, bool, error) {
	return s.find(ctx, "user "+strconv.FormatInt(key, 10), func(tx *store.Tx) (holder, bool, error) {
		return account(tx, key)
	})
}

// bySession finds the session of a token and its account.
func (s *Service) bySession(ctx context.Context, token string) (holder, bool, error) {
	digest := digestOf(token)
	return s.find(ctx, "session "+digest, func(tx *store.Tx) (holder, bool, error) {
		found, err := store.FindRows[access.Session](tx, store.Is(access.SessionCol.Digest, digest))
		if err != nil || len(found) == 0 {
			return holder{}, false, err
		}
		h, ok, err := account(tx, found[0].User)
		h.session = &found[0]
		return h, ok, err
	})
}

// byAPIKey finds the row of an API key and its account.
func (s *Service) byAPIKey(ctx context.Context, key string) (holder, bool, error) {
	digest := digestOf(key)
	return s.find(ctx, "key "+digest, func(tx *store.Tx) (holder, bool, error) {
		found, err := store.FindRows[access.UserAPIKey](tx, store.Is(access.UserAPIKeyCol.Digest, digest))
		if err != nil || len(found) == 0 {
			return holder{}, false, err
		}
		h, ok, err := account(tx, found[0].User)
		h.key = &found[0]
		return h, ok, err
	})
}

// account reads an account by its key, and what limits its credentials.
func account(tx *store.Tx, key int64) (holder, bool, error) {
	u, err := store.GetRow[access.User](tx, key)
	if err != nil {
		return holder{}, false, ifThere(err)
	}
	l, err := readLimits(tx)
	return holder{user: u, limits: l}, err == nil, err
}

// mayEnter reports whether the account is open.
func mayEnter(u access.User) bool { return u.Enabled && u.AccountLocked == 0 }
