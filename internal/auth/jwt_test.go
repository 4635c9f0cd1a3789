package auth_test

import (
	"context"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// forge signs claims of the user's own with the given method and key, with changes; a nil value drops a claim.
func (b *bench) forge(method jwt.SigningMethod, key any, user int64, changes jwt.MapClaims) string {
	b.Helper()
	c := jwt.MapClaims{"username": "ann", "role": "admin", "uid": user, "epoch": 0, "iss": "vapor-api", "iat": start.Unix(), "exp": start.Add(time.Hour).Unix()}
	for name, v := range changes {
		if c[name] = v; v == nil {
			delete(c, name)
		}
	}
	text, err := jwt.NewWithClaims(method, c).SignedString(key)
	if err != nil {
		b.Fatal(err)
	}
	return text
}

func TestForgedTokens(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	u := b.user("ann", "pw")
	key := b.Secret()
	a := b.accepts("well made", bearer(b.forge(jwt.SigningMethodHS256, key, u.Key, nil)))
	if a.Admin {
		t.Error("the claim role made an admin of a user")
	}
	for what, token := range map[string]string{
		"alg none":      b.forge(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, u.Key, nil),
		"wrong key":     b.forge(jwt.SigningMethodHS256, make([]byte, 32), u.Key, nil),
		"HS384":         b.forge(jwt.SigningMethodHS384, key, u.Key, nil),
		"expired":       b.forge(jwt.SigningMethodHS256, key, u.Key, jwt.MapClaims{"exp": start.Add(-time.Second).Unix()}),
		"no expiry":     b.forge(jwt.SigningMethodHS256, key, u.Key, jwt.MapClaims{"exp": nil}),
		"wrong issuer":  b.forge(jwt.SigningMethodHS256, key, u.Key, jwt.MapClaims{"iss": "other"}),
		"no issuer":     b.forge(jwt.SigningMethodHS256, key, u.Key, jwt.MapClaims{"iss": nil}),
		"unknown user":  b.forge(jwt.SigningMethodHS256, key, u.Key+1, nil),
		"no user":       b.forge(jwt.SigningMethodHS256, key, u.Key, jwt.MapClaims{"uid": nil}),
		"another epoch": b.forge(jwt.SigningMethodHS256, key, u.Key, jwt.MapClaims{"epoch": 1}),
		"no issue time": b.forge(jwt.SigningMethodHS256, key, u.Key, jwt.MapClaims{"iat": nil}),
		"from tomorrow": b.forge(jwt.SigningMethodHS256, key, u.Key, jwt.MapClaims{"iat": start.Add(24 * time.Hour).Unix(), "exp": start.Add(48 * time.Hour).Unix()}),
		"empty parts":   "..",
	} {
		b.refuses(what, "invalid", bearer(token))
		if _, _, _, err := b.Refresh(context.Background(), token); (what != "expired") != errs.Is(err, errs.Unauthenticated) {
			t.Errorf("refresh of %s: %v", what, err)
		}
	}
}

func TestIssuedTokenSaysWhatClientsRead(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	u := b.user("ann", "pw")
	b.change("users", u.Key, schema.Set{"admin": schema.BoolValue(true), "token_epoch": schema.IntValue(3)})
	token, expires, err := b.IssueJWT(context.Background(), b.readUser(u.Key))
	if err != nil {
		t.Fatal(err)
	}
	if want := start.Add(24 * time.Hour); !expires.Equal(want) {
		t.Errorf("expires %v, want %v", expires, want)
	}
	got := jwt.MapClaims{}
	if _, _, err := jwt.NewParser().ParseUnverified(token, got); err != nil {
		t.Fatal(err)
	}
	want := jwt.MapClaims{
		"username": "ann", "role": "admin", "iss": "vapor-api", "uid": float64(u.Key), "epoch": 3.0,
		"iat": float64(start.Unix()), "exp": float64(expires.Unix()), "auth_time": float64(start.Unix()), "jti": got["jti"],
	}
	if id, _ := got["jti"].(string); len(id) < 20 {
		t.Errorf("the login has the id %q", id)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestRefresh(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	u := b.user("ann", "pw")
	ctx := context.Background()
	token, _, err := b.IssueJWT(context.Background(), u)
	if err != nil {
		t.Fatal(err)
	}
	b.pass(24*time.Hour + 7*24*time.Hour - time.Minute)
	b.refuses("expired", "invalid", bearer(token))
	fresh, expires, who, err := b.Refresh(ctx, token)
	if err != nil || who.Key != u.Key || !expires.After(start.Add(8*24*time.Hour)) {
		t.Fatalf("inside the window: %v, %+v, %v", expires, who, err)
	}
	b.accepts("refreshed", bearer(fresh))
	b.pass(2 * time.Minute)
	if _, _, _, err := b.Refresh(ctx, token); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("after the window: %v", err)
	}
}

func TestANewEpochVoidsTokens(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	u := b.user("ann", "pw")
	token, _, err := b.IssueJWT(context.Background(), u)
	if err != nil {
		t.Fatal(err)
	}
	b.accepts("before", bearer(token))
	b.change("users", u.Key, schema.Set{"token_epoch": schema.IntValue(1)})
	b.refuses("after", "invalid", bearer(token))
	if _, _, _, err := b.Refresh(context.Background(), token); !errs.Is(err, errs.Unauthenticated) {
		t.Errorf("refresh of a void token: %v", err)
	}
	fresh, _, err := b.IssueJWT(context.Background(), b.readUser(u.Key))
	if err != nil {
		t.Fatal(err)
	}
	b.accepts("of the new epoch", bearer(fresh))
	b.update(func(tx *store.Tx) error { return tx.Delete("users", schema.IntValue(u.Key)) })
	b.refuses("of a deleted user", "invalid", bearer(fresh))
}
