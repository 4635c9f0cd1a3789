package auth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"dewpoint/internal/auth/ldap"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

const (
	// remoteFor is how long a password is taken without asking its source again.
	remoteFor = time.Minute
	// asksAtOnce bounds the conversations with one source.
	asksAtOnce = 8
)

// source is an authorization source: who knows the passwords of the accounts that name it.
type source struct {
	row    access.AuthSource
	server *ldap.Server
}

// remotes has a turnstile for each source, so that one which doesn't answer keeps nobody else waiting. The zero value is ready.
type remotes struct {
	mu    sync.Mutex
	turns map[int64]*turnstile // by the key of the source, which is never given again
}

func (r *remotes) of(key int64) *turnstile {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.turns[key] == nil {
		if r.turns == nil {
			r.turns = map[int64]*turnstile{}
		}
		t := newTurnstile(asksAtOnce)
		r.turns[key] = &t
	}
	return r.turns[key]
}

// SourceSettings checks settings that were given for a source, whose present settings row tells, and returns the columns to write: what may be
// shown, and the secret rest, sealed. Invalid with the member's name for bad settings.
func (s *Service) SourceSettings(row *schema.Record, given string) (access.AuthSourceSet, error) {
	object := map[string]json.RawMessage{}
	if err := json.Unmarshal([]byte(given), &object); err != nil || object == nil {
		return nil, errs.Field("settings", "must be an object")
	}
	before, err := s.serverOf(row)
	if err != nil {
		before = nil // there is none yet, or its secrets can't be opened any more: then they have to be given again
	}
	server, err := ldap.Parse(object, before)
	if err != nil {
		return nil, err
	}
	secrets := server.Secrets()
	for name := range secrets {
		delete(object, name)
	}
	shown, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	set := access.AuthSourceSet{}.Settings(string(shown))
	if before == nil || !maps.Equal(secrets, before.Secrets()) {
		hidden, err := json.Marshal(secrets)
		if err != nil {
			return nil, err
		}
		set.Secrets(s.Seal(row, access.AuthSourceCol.Secrets.Name(), string(hidden)))
	}
	return set, nil
}

// serverOf reads the settings of a source as they are stored.
func (s *Service) serverOf(row *schema.Record) (*ldap.Server, error) {
	hidden, err := s.open(row, access.AuthSourceCol.Secrets.Name())
	if err != nil {
		return nil, err
	}
	object := map[string]json.RawMessage{}
	for _, text := range []string{access.AuthSourceCol.Settings.Of(row).Text(), hidden} {
		if text == "" {
			continue
		}
		if err := json.Unmarshal([]byte(text), &object); err != nil {
			return nil, fmt.Errorf("settings of authorization source %s: %w", row.Key.Text(), err)
		}
	}
	return ldap.Parse(object, nil)
}

// readSource reads the source of an account. One that can't be read is Unavailable.
func (s *Service) readSource(tx *store.Tx, key int64) (*source, error) {
	row, err := tx.Get("auth_sources", schema.IntValue(key))
	if err != nil {
		return nil, errUnusable(err)
	}
	server, err := s.serverOf(row)
	if err != nil {
		return nil, errUnusable(err)
	}
	src := &source{server: server}
	src.row.Scan(row)
	return src, nil
}

func errUnusable(cause error) error {
	return errs.Wrap(cause, errs.Unavailable, "auth_source_unusable", "the settings of the server that knows this account's password can't be read; tell an administrator")
}

// ask has the source check a password.
func (src *source) ask(ctx context.Context, u access.User, password string) (bool, error) {
	a, err := src.server.Check(ctx, remoteName(u), password)
	if src.row.Debug {
		slog.Info("an authorization source was asked", "source", src.row.Name, "user", u.Name, "remote_name", remoteName(u), "dn", a.DN, "ok", a.OK, "refusal", a.Refusal, "err", err)
	}
	if errors.Is(a.Refusal, ldap.ErrAmbiguous) { // to the client it is like any other refusal
		slog.Warn("an authorization source has several entries for an account", "source", src.row.Name, "user", u.Name, "remote_name", remoteName(u), "refusal", a.Refusal)
	}
	return a.OK, err
}

// remoteName is what the source knows an account by.
func remoteName(u access.User) string {
	if u.RemoteName != "" {
		return u.RemoteName
	}
	return u.Name
}

// state is all that the source's word about an account depends on.
func (src *source) state(u access.User) string {
	return fmt.Sprintf("source %d %q %q %q %d %q", src.row.Key, src.row.Driver, src.row.Settings, src.row.Secrets, u.TokenEpoch, remoteName(u))
}
