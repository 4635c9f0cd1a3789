package auth

import (
	"context"
	"crypto/rand"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/model"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Bootstrap makes the account "admin" if there is no account at all. Its password is the given one, or a random one that is returned
// to be shown once.
func (s *Service) Bootstrap(ctx context.Context, password string) (printed string, created bool, err error) {
	var n int64
	err = s.db.View(ctx, func(tx *store.Tx) error {
		n, err = tx.Count("users")
		return err
	})
	if err != nil || n > 0 {
		return "", false, err
	}
	if password == "" {
		printed = rand.Text()[:20]
		password = printed
	}
	hash := HashPassword(password)
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		if n, err := tx.Count("users"); err != nil || n > 0 {
			return err
		}
		r := schema.NewRecord(tx.Schema().Table("users"))
		r.Put("name", schema.TextValue("admin"))
		r.Put("displayname", schema.TextValue("Administrator"))
		r.Put("password", schema.TextValue(hash))
		r.Put("admin", schema.BoolValue(true))
		r.Put("enabled", schema.BoolValue(true))
		created = true
		_, err := tx.Create(r, nil)
		return err
	})
	if err != nil || !created {
		return "", false, err
	}
	return printed, true, nil
}

// Login checks a name and password that somebody at address typed. An unknown name, a wrong password and a closed account give the same
// Unauthenticated error after the same time.
func (s *Service) Login(ctx context.Context, name, password, address string) (model.User, error) {
	u, ok, err := s.checkPassword(ctx, name, password)
	if err != nil {
		return model.User{}, err
	}
	if !ok {
		return model.User{}, errs.New(errs.Unauthenticated, "invalid", "Invalid user name or password")
	}
	now := schema.IntValue(s.now().Unix())
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		return tx.Change("users", schema.IntValue(u.Key), schema.Set{"last_login": now, "failed_attempts": schema.IntValue(0)})
	})
	return u, err
}

// checkPassword is the part that Login and HTTP Basic share. A failure on an account that exists is counted.
func (s *Service) checkPassword(ctx context.Context, name, password string) (model.User, bool, error) {
	h, known, err := s.byName(ctx, strings.ToLower(name)) // login names are lower-case, and people type them as they like
	if err != nil {
		return model.User{}, false, err
	}
	right, err := s.passwords.check(ctx, h.user.Key, password, h.user.Password, s.now())
	if err != nil {
		return model.User{}, false, err
	}
	if known && !right {
		s.uses.failed(h.user.Key)
	}
	return h.user, known && right && mayEnter(h.user), nil
}
