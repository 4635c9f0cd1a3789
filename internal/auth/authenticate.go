package auth

import (
	"context"
	"encoding/base64"
	"net"
	"net/http"
	"strings"

	"dewpoint/internal/model"
	"dewpoint/internal/perm"
)

// credential is what a request brings: a name and password, or a token of any kind.
type credential struct {
	token          string
	name, password string
}

// Authenticate finds out who sends the request. It looks at the Authorization header (Basic with a password or an API key, Bearer with
// any token), x-yottabyte-token and the query parameter token, in this order; the first that is there decides. Without any the error
// is Unauthenticated with the code "missing", for one that isn't good with the code "invalid". The actor's Request is left empty.
func (s *Service) Authenticate(ctx context.Context, r *http.Request) (perm.Actor, error) {
	c, ok := credentialOf(r)
	if !ok {
		return perm.Actor{}, errMissing()
	}
	address := Address(r)
	var u model.User
	var err error
	if c.token != "" {
		u, ok, err = s.checkToken(ctx, c.token, address)
	} else if u, ok, err = s.checkPassword(ctx, c.name, c.password); ok {
		s.uses.note(useKey{"users", u.Key}, s.now(), address)
	}
	if err != nil {
		return perm.Actor{}, err
	}
	if !ok {
		return perm.Actor{}, errBad()
	}
	return perm.Actor{User: u.Key, Name: u.Name, Admin: u.Admin, Address: address}, nil
}

// checkToken tells the kinds of tokens apart by their form and notes the use of a good one.
func (s *Service) checkToken(ctx context.Context, token, address string) (model.User, bool, error) {
	var h holder
	var ok bool
	var err error
	switch {
	case isHex(token, 2*apiKeyBytes):
		if h, ok, err = s.byAPIKey(ctx, token); ok {
			if ok = mayEnter(h.user) && usable(*h.key, s.now(), address); ok {
				s.uses.note(useKey{"user_api_keys", h.key.Key}, s.now(), address)
			}
		}
	case isHex(token, 2*sessionBytes):
		if h, ok, err = s.bySession(ctx, token); ok {
			if ok = mayEnter(h.user) && s.alive(*h.session, h.limits); ok {
				s.uses.note(useKey{"sessions", h.session.Key}, s.now(), address)
			}
		}
	case strings.Count(token, ".") == 2:
		h, ok, err = s.byJWT(ctx, token, 0)
		ok = ok && mayEnter(h.user)
	}
	return h.user, ok && err == nil, err
}

// credentialOf reads the request's credential. Schemes that aren't ours and empty values count as absent: clients send them.
func credentialOf(r *http.Request) (credential, bool) {
	scheme, value, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	value = strings.TrimSpace(value)
	switch {
	case strings.EqualFold(scheme, "Bearer") && value != "":
		return credential{token: value}, true
	case strings.EqualFold(scheme, "Basic"):
		if c, ok := basic(value); ok {
			return c, true
		}
	}
	if token := r.Header.Get("x-yottabyte-token"); token != "" {
		return credential{token: token}, true
	}
	if token := r.URL.Query().Get("token"); token != "" {
		return credential{token: token}, true
	}
	return credential{}, false
}

// basic reads user:password, or an API key with or without anything behind a colon.
func basic(value string) (credential, bool) {
	raw, err := base64.StdEncoding.DecodeString(value)
	if err != nil {
		return credential{}, false
	}
	name, password, _ := strings.Cut(string(raw), ":")
	if isHex(name, 2*apiKeyBytes) {
		return credential{token: name}, true
	}
	return credential{name: name, password: password}, name != ""
}

// Address returns the client's address without its port. Headers of proxies are not believed.
func Address(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// isHex reports whether s is n lower-case hex digits.
func isHex(s string, n int) bool {
	return len(s) == n && strings.Trim(s, "0123456789abcdef") == ""
}
