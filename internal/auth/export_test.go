package auth

import (
	"context"
	"encoding/base64"
	"time"

	"golang.org/x/crypto/argon2"
)

// SetClock replaces the clock; call it before the service is used. Steady is the same clock if nobody had set it.
func (s *Service) SetClock(now, steady func() time.Time) {
	last := steady()
	s.now, s.passed = now, func() time.Duration { d := steady().Sub(last); last = last.Add(d); return d }
}

// Flush and Sweep do what Run does from time to time.
func (s *Service) Flush(ctx context.Context) error { return s.flush(ctx) }
func (s *Service) Sweep(ctx context.Context) error { return s.sweep(ctx) }

// Secret is the key that JWTs are signed with.
func (s *Service) Secret() []byte { return s.secret }

// Verified counts the passwords that are remembered as right.
func (s *Service) Verified() int {
	s.passwords.mu.Lock()
	defer s.passwords.mu.Unlock()
	return len(s.passwords.verified)
}

// Computed counts the digests of passwords that were computed since the memory was last given back.
func (s *Service) Computed() int64 { return s.passwords.computed.Load() }

var AddressAllowed = addressAllowed

// CheapDigest is a digest that costs next to nothing, for tests that check many passwords.
func CheapDigest(password string) string {
	salt := []byte("somesalt")
	b64 := base64.RawStdEncoding
	return "$argon2id$v=19$m=64,t=1,p=1$" + b64.EncodeToString(salt) + "$" + b64.EncodeToString(argon2.IDKey([]byte(password), salt, 1, 64, 1, 32))
}

// TakeQuota counts a request of the credential whose row has that key, and says how many credentials are known then.
func (s *Service) TakeQuota(key, most int64, now time.Time) (left int64, ok bool, known int) {
	left, _, ok = s.quotas.take(useKey{"user_api_keys", key}, most, now)
	return left, ok, len(s.quotas.by)
}

// UseUp has the credential whose row has that key use up its limit, and says when the next request fits.
func (s *Service) UseUp(key, most int64, now time.Time) (wait time.Duration) {
	by := useKey{"user_api_keys", key}
	s.quotas.by = map[useKey]quota{by: {used: most * quotaParts, at: now}}
	_, wait, _ = s.quotas.take(by, most, now)
	return wait
}

// CountFailure counts a failed login.
func (s *Service) CountFailure(name, address string, now time.Time) {
	s.attempts.fail(guardOf(name, address)[0], now)
}

// Attempts counts the accounts and addresses that are remembered for failed logins.
func (s *Service) Attempts() int {
	s.attempts.mu.Lock()
	defer s.attempts.mu.Unlock()
	return len(s.attempts.by)
}

// The bounds of what is remembered.
const (
	MostAttempts = mostAttempts
	MostQuotas   = mostQuotas
)

// Turnstile is where computations of passwords wait.
type Turnstile = turnstile

var SourceOf = sourceOf

// NewTurnstile makes one that lets in as many as the one of digests.
func NewTurnstile() Turnstile { return newTurnstile(digestsAtOnce) }

// Enter waits for a turn.
func (t *turnstile) Enter(ctx context.Context, address string) (leave func(), err error) {
	return t.enter(ctx, sourceOf(address))
}

// Waiting counts who of an address is inside or waits.
func (t *turnstile) Waiting(address string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if q := t.queues[sourceOf(address)]; q != nil {
		return q.people
	}
	return 0
}
