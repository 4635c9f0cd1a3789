package auth

import (
	"context"
	"crypto/rand"
	"sync"

	"dewpoint/internal/model/access"
	"dewpoint/internal/store"
)

// First is the password of the first administrator. Its digest takes as long as all else that a first start does, so who expects a first start
// begins it before the database is there.
type First struct {
	given, password string
	digest          func() string
}

// FirstPassword takes the password that was given, or makes a random one where none was.
func FirstPassword(given string) *First {
	f := &First{given: given, password: given}
	if given == "" {
		f.password = rand.Text()[:20]
	}
	f.digest = sync.OnceValue(func() string {
		new(pages).want()
		return HashPassword(f.password)
	})
	return f
}

// Begin computes the digest meanwhile. Bootstrap waits for it.
func (f *First) Begin() { go f.digest() }

// Bootstrap makes the account "admin" if there is no account at all. A given password is Invalid if it would be guessed; a random one is
// returned to be shown once. Whoever comes with the password next need not wait for another digest.
func (s *Service) Bootstrap(ctx context.Context, first *First) (printed string, created bool, err error) {
	none, err := s.nobody(ctx)
	if err != nil || !none {
		return "", false, err
	}
	if first.given == "" {
		printed = first.password
	} else if err := s.CheckPassword("admin", first.given); err != nil {
		return "", false, err
	}
	hash := first.digest()
	s.passwords.computed.Add(1)
	var key int64
	err = s.db.Update(ctx, func(tx *store.Tx) error {
		if n, err := tx.Count("users"); err != nil || n > 0 {
			return err
		}
		created = true
		made, err := store.Create(tx, access.UserSet{}.Name("admin").Displayname("Administrator").Password(hash).Admin(true).Enabled(true).PhysicalAccess(true))
		key = made.Int()
		return err
	})
	if err != nil || !created {
		return "", false, err
	}
	s.passwords.remember(s.passwords.proof(key, first.password, hash), s.now(), verifiedFor)
	return printed, true, nil
}

// nobody reports whether there is no account.
func (s *Service) nobody(ctx context.Context) (none bool, err error) {
	err = s.db.View(ctx, func(tx *store.Tx) error {
		n, err := tx.Count("users")
		none = n == 0
		return err
	})
	return none, err
}
