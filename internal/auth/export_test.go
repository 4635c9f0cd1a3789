package auth

import (
	"context"
	"time"
)

// SetClock replaces the clock; call it before the service is used.
func (s *Service) SetClock(now func() time.Time) { s.now = now }

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

var AddressAllowed = addressAllowed
