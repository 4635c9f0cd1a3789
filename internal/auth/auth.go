// Package auth finds out who makes a request. It knows passwords (argon2id), session tokens of the table API, JWTs of the resource API
// and API keys; each names a row in users, and every one of them is good in both APIs. Tokens and keys are kept as digests only, and no
// secret is ever logged.
package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
	"dewpoint/internal/seal"
	"dewpoint/internal/served"
	"dewpoint/internal/store"
)

// Service checks credentials and gives them out. It is safe for concurrent use.
type Service struct {
	db        *store.DB
	secret    []byte   // signs JWTs
	seals     seal.Key // for what lies in the database
	now       func() time.Time
	passed    func() time.Duration // since it was called last; only the sweep calls it
	passwords passwords
	remotes   remotes
	attempts  attempts
	quotas    quotas
	holders   cache
	uses      uses
}

// New makes the service over db. The key that signs JWTs, and that another is made of which seals secrets in the database, lies in the file
// "secret" of dir. It is made when it isn't there, or taken from the other servers that share the database, if password is the one by which
// all of them come to it.
func New(ctx context.Context, db *store.DB, dir, password string) (*Service, error) {
	secret, err := secretOf(ctx, db, filepath.Join(dir, "secret"), password)
	if err != nil {
		return nil, fmt.Errorf("the key that signs tokens: %w", err)
	}
	s := &Service{db: db, secret: secret, seals: seal.Derive(secret, "dewpoint secrets in rows"), now: time.Now, passed: served.SinceLast()}
	s.passwords.init()
	db.Watch(func(changes []store.Change) {
		if slices.ContainsFunc(changes, concernsUs) {
			s.holders.clear()
		}
	})
	return s, nil
}

// concernsUs reports whether a change can make a cached answer wrong.
func concernsUs(c store.Change) bool {
	switch c.Table.Name {
	case "users", "user_api_keys", "sessions", "settings", "auth_sources", "ended_sign_ins":
		return true
	}
	return false
}

// Seal makes of a secret what is stored of it in a column of the row, which has its key.
func (s *Service) Seal(row *schema.Record, column, secret string) string {
	return s.seals.Seal([]byte(secret), placeOf(row, column))
}

// Open returns the secret that a text, which was found in a column of the row with that key, holds sealed; "" for none. It fails when the
// text was sealed for another place, or with the key of another file secret.
func (s *Service) Open(table, key, column, text string) (string, error) {
	if text == "" {
		return "", nil
	}
	place := placeIn(table, key, column)
	secret, err := s.seals.Open(text, place)
	if err != nil {
		return "", fmt.Errorf("opening %s: %w", place, err)
	}
	return string(secret), nil
}

// open is Open for a column of the row.
func (s *Service) open(row *schema.Record, column string) (string, error) {
	return s.Open(row.Table.Name, row.Key.Text(), column, row.Get(column).Text())
}

func placeOf(row *schema.Record, column string) string {
	return placeIn(row.Table.Name, row.Key.Text(), column)
}

func placeIn(table, key, column string) string { return table + "/" + key + "/" + column }

// The times of the background work.
const (
	flushEvery = 5 * time.Second
	sweepEvery = 10 * time.Minute
)

// Run writes down when sessions, keys and accounts were used and clears away dead sessions, until ctx ends. Without it nothing of that
// reaches the database, and nothing else is lost.
func (s *Service) Run(ctx context.Context) error {
	flush, sweep := time.NewTicker(flushEvery), time.NewTicker(sweepEvery)
	defer flush.Stop()
	defer sweep.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), s.flush(context.WithoutCancel(ctx)))
		case <-flush.C:
			err = s.flush(ctx)
			s.passwords.giveBack()
		case <-sweep.C:
			err = s.sweep(ctx)
		}
		if err != nil && ctx.Err() == nil {
			slog.Warn("recording the use of credentials failed", "err", err)
		}
	}
}

func errMissing() error {
	return errs.New(errs.Unauthenticated, "missing", "Missing authorization token")
}

// errBad is the one answer to every credential that isn't good, so that it doesn't tell why.
func errBad() error {
	return errs.New(errs.Unauthenticated, "invalid", "Invalid or expired token")
}
