package auth

import (
	"context"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"dewpoint/internal/model"
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
	jwt.RegisteredClaims
}

// IssueJWT signs a token for the user, good until expires.
func (s *Service) IssueJWT(u model.User) (token string, expires time.Time, err error) {
	now := s.now().Truncate(time.Second)
	expires = now.Add(jwtLife)
	c := claims{
		Username: u.Name, Role: "user", UserKey: u.Key, Epoch: u.TokenEpoch,
		RegisteredClaims: jwt.RegisteredClaims{Issuer: jwtIssuer, IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expires)},
	}
	if u.Admin {
		c.Role = "admin"
	}
	token, err = jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString(s.secret)
	return token, expires, err
}

// Refresh gives a new token for one that is good or ran out at most seven days ago, and tells whose it is.
func (s *Service) Refresh(ctx context.Context, token string) (fresh string, expires time.Time, u model.User, err error) {
	h, ok, err := s.byJWT(ctx, token, refreshWindow)
	if err != nil {
		return "", time.Time{}, model.User{}, err
	}
	if !ok || !mayEnter(h.user) {
		return "", time.Time{}, model.User{}, errBad()
	}
	fresh, expires, err = s.IssueJWT(h.user)
	return fresh, expires, h.user, err
}

// byJWT finds the account of a token; no holder when the token isn't ours, is over for longer than late, or is void.
func (s *Service) byJWT(ctx context.Context, token string, late time.Duration) (holder, bool, error) {
	var c claims
	_, err := jwt.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return s.secret, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithIssuer(jwtIssuer), jwt.WithExpirationRequired(),
		jwt.WithLeeway(late), jwt.WithTimeFunc(s.now))
	if err != nil {
		return holder{}, false, nil // a forged or old token is no failure of ours
	}
	h, ok, err := s.byKey(ctx, c.UserKey)
	return h, ok && h.user.TokenEpoch == c.Epoch, err
}
