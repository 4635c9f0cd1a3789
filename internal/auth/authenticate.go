package auth

import (
	"context"
	"encoding/base64"
	"net"
	"net/http"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/perm"
)

// credential is what a request brings: a name and password, or a token of any kind.
type credential struct {
	token          string
	name, password string
}

// Authenticate finds out who sends the request. It looks at the Authorization header (Basic with a password or an API key, Bearer with
// any token), x-yottabyte-token, the query parameter token and the cookie of a session, in this order; the first that is there decides. A cookie counts only as
// FromOwnPage says. Without any the error is Unauthenticated with the code "missing", for one that isn't good with the code "invalid". A good one whose requests of the hour are
// used up is TooMany; reply, the header of what will be answered, tells how many are left. The actor's Request is left empty.
func (s *Service) Authenticate(ctx context.Context, r *http.Request, reply http.Header) (perm.Actor, error) {
	p, err := s.check(ctx, r)
	if err != nil {
		return perm.Actor{}, err
	}
	if err := s.admit(p.by, p.perHour, reply); err != nil {
		return perm.Actor{}, err
	}
	if p.noted {
		s.uses.note(p.by, s.now(), Address(r))
	}
	return p.actor(r), nil
}

// Recheck tells who sends a request that Authenticate let in before, or the error that it would be refused with by now. It is no request
// of the caller: it doesn't count as one, nor as a use.
func (s *Service) Recheck(ctx context.Context, r *http.Request) (perm.Actor, error) {
	p, err := s.check(ctx, r)
	if err != nil {
		return perm.Actor{}, err
	}
	return p.actor(r), nil
}

// check finds the request's credential and checks it.
func (s *Service) check(ctx context.Context, r *http.Request) (proof, error) {
	c, ok := credentialOf(r)
	if !ok {
		if c.token, ok = CookieToken(r); ok {
			if err := FromOwnPage(r); err != nil {
				return proof{}, err
			}
		}
	}
	switch {
	case !ok:
		return proof{}, errMissing()
	case c.token != "":
		return s.checkToken(ctx, c.token, Address(r))
	}
	return s.checkBasic(ctx, c, Address(r))
}

// proof is a good credential.
type proof struct {
	user    access.User
	by      useKey // its row: that of the account for passwords and JWTs
	noted   bool   // its use is written down
	perHour int64  // requests that it is good for; 0 for any number
	signIn  string // of a JWT
}

// actor is who brought the credential with a request.
func (p proof) actor(r *http.Request) perm.Actor {
	a := perm.Actor{User: p.user.Key, Name: p.user.Name, Admin: p.user.Admin, Address: Address(r), SignIn: p.signIn}
	switch p.by.table {
	case "sessions":
		a.Session = p.by.key
	case "user_api_keys":
		a.APIKey = p.by.key
	}
	return a
}

// checkBasic checks a name and password. Accounts with a second factor need more than these.
func (s *Service) checkBasic(ctx context.Context, c credential, address string) (proof, error) {
	h, ok, err := s.checkPassword(ctx, c.name, c.password, address)
	switch {
	case err != nil:
		return proof{}, err
	case !ok:
		return proof{}, errBad()
	case h.user.TwoFactorAuthentication:
		return proof{}, errs.New(errs.Unauthenticated, "code_required", "accounts with a second factor can't use Basic; log in with a code, or use an API key")
	}
	s.attempts.enter(guardOf(c.name, address)[0], s.now())
	s.uses.forgive(h.user.Key, h.user.FailedAttempts > 0)
	return proof{user: h.user, by: useKey{"users", h.user.Key}, noted: true, perHour: h.limits.perSession}, nil
}

// checkToken tells the kinds of tokens apart by their form.
func (s *Service) checkToken(ctx context.Context, token, address string) (proof, error) {
	var h holder
	var ok bool
	var err error
	p := proof{noted: true}
	switch {
	case isHex(token, 2*apiKeyBytes):
		if h, ok, err = s.byAPIKey(ctx, token); ok {
			ok = usable(*h.key, s.now(), address)
			p.by, p.perHour = useKey{"user_api_keys", h.key.Key}, h.limits.perKey
		}
	case isHex(token, 2*sessionBytes):
		if h, ok, err = s.bySession(ctx, token); ok {
			ok = s.alive(*h.session, h.limits)
			p.by, p.perHour = useKey{"sessions", h.session.Key}, h.limits.perSession
		}
	case strings.Count(token, ".") == 2:
		var in signIn
		h, in, ok, err = s.byJWT(ctx, token, 0)
		p = proof{by: useKey{"users", h.user.Key}, perHour: h.limits.perSession, signIn: in.id}
	}
	if err == nil && !(ok && mayEnter(h.user)) {
		err = errBad()
	}
	p.user = h.user
	return p, err
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
