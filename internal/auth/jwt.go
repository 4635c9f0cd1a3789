package auth

import (
	"context"
	"crypto/rand"
	"strconv"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"dewpoint/internal/model/access"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

const (
	jwtIssuer     = "vapor-api" // what clients of the resource API know
	jwtLife       = 24 * time.Hour
	refreshWindow = 7 * 24 * time.Hour // after the end of its life
)

// claims is the content of a JWT. Role is for clients to read; what the user may do is looked up with each request.
type claims struct {
	Username string `json:"username"`
	Role     string `json:"role"` // "admin" or "user"
	UserKey  int64  `json:"uid"`
	Epoch    int64  `json:"epoch"` // users.token_epoch at the time: a change of password voids the token
	// AuthTime is when the user logged in, in seconds since 1970: OpenID Connect Core, section 2. A refreshed token keeps it, and the id.
	AuthTime int64 `json:"auth_time"`
	jwt.RegisteredClaims
}

// signIn is the login that a JWT and those that it was refreshed to come from.
type signIn struct {
	id string
	at int64 // in seconds since 1970
}

// signIn of a token of older versions, which had no name for it, is that token's own.
func (c claims) signIn(token string) signIn {
	in := signIn{c.ID, c.AuthTime}
	if in.id == "" {
		in.id = digestOf(token)
	}
	if in.at == 0 {
		in.at = c.IssuedAt.Unix()
	}
	return in
}

// IssueJWT signs a token for a user as Login returned him, good until expires.
func (s *Service) IssueJWT(ctx context.Context, u access.User) (token string, expires time.Time, err error) {
	h, _, err := s.byKey(ctx, u.Key)
	if err != nil {
		return "", time.Time{}, err
	}
	return s.issue(u, signIn{rand.Text(), s.now().Unix()}, h.limits)
}

func (s *Service) issue(u access.User, in signIn, l limits) (token string, expires time.Time, err error) {
	now := s.now().Truncate(time.Second)
	expires = now.Add(jwtLife)
	if end := time.Unix(in.at, 0).Add(l.signIn); l.signIn > 0 && end.Before(expires) {
		expires = end
	}
	c := claims{
		Username: u.Name, Role: "user", UserKey: u.Key, Epoch: u.TokenEpoch, AuthTime: in.at,
		RegisteredClaims: jwt.RegisteredClaims{ID: in.id, Issuer: jwtIssuer, IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expires)},
	}
	if u.Admin {
		c.Role = "admin"
	}
	token, err = jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString(s.secret)
	return token, expires, err
}

// Refresh gives a new token for one that is good or ran out at most seven days ago, and tells whose it is. The login that it comes from must
// not be too long ago.
func (s *Service) Refresh(ctx context.Context, token string) (fresh string, expires time.Time, u access.User, err error) {
	h, in, ok, err := s.byJWT(ctx, token, refreshWindow)
	if err != nil {
		return "", time.Time{}, access.User{}, err
	}
	if !ok || !mayEnter(h.user) {
		return "", time.Time{}, access.User{}, errBad()
	}
	fresh, expires, err = s.issue(h.user, in, h.limits)
	return fresh, expires, h.user, err
}

// byJWT finds the account and the login of a token; no holder when the token isn't ours, is over for longer than late, or is void.
func (s *Service) byJWT(ctx context.Context, token string, late time.Duration) (holder, signIn, bool, error) {
	var c claims
	_, err := jwt.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return s.secret, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuer(jwtIssuer), jwt.WithExpirationRequired(),
		jwt.WithLeeway(late), jwt.WithTimeFunc(s.now))
	if err != nil || c.IssuedAt == nil {
		return holder{}, signIn{}, false, nil // a forged or old token is no failure of ours
	}
	in, now := c.signIn(token), s.now()
	h, ok, err := s.bySignIn(ctx, c.UserKey, in.id)
	ok = ok && h.user.TokenEpoch == c.Epoch && within(in.at, h.limits.signIn, now) && believable(c.IssuedAt.Unix(), now)
	return h, in, ok, err
}

// bySignIn finds the account of a login that wasn't given up.
func (s *Service) bySignIn(ctx context.Context, user int64, id string) (holder, bool, error) {
	name := digestOf(id)
	return s.find(ctx, "sign-in "+strconv.FormatInt(user, 10)+" "+name, func(tx *store.Tx) (holder, bool, error) {
		ended, err := tx.Count("ended_sign_ins", store.Key(schema.TextValue(name)))
		if err != nil || ended > 0 {
			return holder{}, false, err
		}
		return account(tx, user)
	})
}
