package auth

import (
	"context"
	"strings"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Attempt is what somebody typed to log in, and where.
type Attempt struct {
	Name, Password string
	// Code is of the authenticator, or a recovery code; empty when none was given.
	Code    string
	Address string
}

// Login checks a name, a password and, where the account has a second factor, a code. An unknown name, a wrong password and a closed
// account give the same Unauthenticated error after the same time; a code that is missing (code_required) or wrong (invalid_code) has its
// own, which who knows the password may read. After five failures for the account from one address others from there are TooMany for a
// while.
func (s *Service) Login(ctx context.Context, a Attempt) (access.User, error) {
	h, ok, err := s.checkPassword(ctx, a.Name, a.Password, a.Address)
	if err != nil {
		return access.User{}, err
	}
	if !ok {
		return access.User{}, errs.New(errs.Unauthenticated, "invalid", "Invalid user name or password")
	}
	if h.user.TwoFactorAuthentication && a.Code == "" {
		return access.User{}, errs.New(errs.Unauthenticated, "code_required", "a code of the account's second factor is needed; send it as member 'code'")
	}
	// On a full disk the time of the login is lost, so that an administrator can come and make space. A code must be written down as used.
	full := func(err error) bool { return errs.Is(err, errs.Full) && !h.user.TwoFactorAuthentication }
	if err := s.enter(ctx, h.user.Key, a.Code); err != nil && !full(err) {
		return access.User{}, err
	}
	s.attempts.enter(guardOf(a.Name, a.Address)[0], s.now())
	return h.user, nil
}

// enter checks the code, if the account wants one, and writes the login down.
func (s *Service) enter(ctx context.Context, user int64, code string) error {
	err := s.db.Update(ctx, func(tx *store.Tx) error {
		account, err := tx.Get("users", schema.IntValue(user))
		if err != nil {
			return err
		}
		set := access.UserSet{}
		if access.UserCol.TwoFactorAuthentication.Of(account).Bool() {
			if set, err = s.CheckCode(account, code); err != nil {
				return err
			}
		}
		return store.Write(tx, account.Key, set.LastLogin(s.now().Unix()).FailedAttempts(0))
	})
	if errs.Is(err, errs.Invalid) {
		s.uses.failed(user)
		return errs.Wrap(err, errs.Unauthenticated, "invalid_code", "%s", errs.Ours(errs.Shown(err)))
	}
	if err == nil {
		s.uses.forgive(user, false)
	}
	return err
}

// checkPassword is the part that Login and HTTP Basic share. A failure on an account that exists is counted.
func (s *Service) checkPassword(ctx context.Context, name, password, address string) (holder, bool, error) {
	name = strings.ToLower(name) // login names are lower-case, and people type them as they like
	by := guardOf(name, address)
	if err := s.load(ctx, by); err != nil {
		return holder{}, false, err
	}
	if err := s.mayTry(by); err != nil {
		return holder{}, false, err
	}
	h, known, err := s.byName(ctx, name)
	if err != nil {
		return holder{}, false, err
	}
	right, err := s.verify(ctx, by, h, password)
	if err != nil {
		return holder{}, false, err
	}
	if known && !right {
		s.uses.failed(h.user.Key)
	}
	return h, right, nil
}

// mayTry refuses an attempt that has to wait.
func (s *Service) mayTry(by guard) error {
	if wait := s.attempts.blockedAny(by, s.now()); wait > 0 {
		return errWait(wait, "too many failed logins to this account or from your address")
	}
	return nil
}

// failed counts a failure by all that it is counted by.
func (s *Service) failed(by guard) {
	for _, a := range by {
		s.attempts.fail(a, s.now())
	}
}

// judge is who knows the password of an account: the digest in its row, or its authorization source.
type judge struct {
	against string        // what the password is held against
	turns   *turnstile    // where checks wait
	limit   time.Duration // of one check with its wait; 0 for none
	life    time.Duration // how long a right password is remembered
	right   func(ctx context.Context, password string) (bool, error)
}

// judgeOf returns who knows the password of an account; for none, somebody who takes as long. A local password never opens an account with
// a source.
func (s *Service) judgeOf(h holder) judge {
	if src := h.source; src != nil {
		return judge{
			against: src.state(h.user), turns: s.remotes.of(src.row.Key), limit: src.server.Timeout(), life: remoteFor,
			right: func(ctx context.Context, password string) (bool, error) { return src.ask(ctx, h.user, password) },
		}
	}
	return judge{
		against: h.user.Password, turns: &s.passwords.turns, life: verifiedFor,
		right: func(_ context.Context, password string) (bool, error) {
			return s.passwords.matches(password, h.user.Password), nil
		},
	}
}

// verify reports whether the password opens the account, which may be none. Failures are counted before the next attempt from the same
// source has its turn, so however many come at once, no more are looked at than one after the other. When nobody can say, that is an error
// and no failure. Whatever an attempt fails by, it takes the same way: a digest is computed, or the source asked, for no account and for a
// closed one as well, whose right password is never remembered.
func (s *Service) verify(ctx context.Context, by guard, h holder, password string) (bool, error) {
	if len(password) > longestPassword {
		h, password = holder{}, "" // nobody's
	}
	j, open := s.judgeOf(h), mayEnter(h.user)
	proof := s.passwords.proof(h.user.Key, password, j.against)
	remembered := func() bool { return open && s.passwords.remembers(proof, s.now()) }
	if s.attempts.quick(by[0], s.now(), remembered) {
		return true, nil
	}
	defer s.attempts.done(by[0])
	if j.limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, j.limit)
		defer cancel()
	}
	leave, err := j.turns.enter(ctx, by[0].source)
	if err != nil {
		return false, err
	}
	defer leave()
	if err := s.mayTry(by); err != nil { // those before us in the queue may have failed
		return false, err
	}
	right := remembered() // somebody with the same password was before us
	if !right {
		if right, err = j.right(ctx, password); err != nil {
			return false, err
		}
		if right = right && open; right {
			s.passwords.remember(proof, s.now(), j.life)
		}
	}
	if !right {
		s.failed(by)
		return false, nil
	}
	return true, nil
}

// HashPassword returns what is stored of a password. It blocks until it is the turn of the caller's address.
func (s *Service) HashPassword(ctx context.Context, password string) (string, error) {
	leave, err := s.passwords.turns.enter(ctx, sourceOf(perm.ActorOf(ctx).Address))
	if err != nil {
		return "", err
	}
	defer leave()
	s.passwords.begin()
	return HashPassword(password), nil
}

// NewAPIKey makes a key and the digest to store in user_api_keys.
func (s *Service) NewAPIKey() (key, digest string) { return NewAPIKey() }
