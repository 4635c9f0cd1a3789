package auth_test

import (
	"context"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/auth"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

func basic(text string) *http.Request {
	return from("192.0.2.1", "Authorization", "Basic "+base64.StdEncoding.EncodeToString([]byte(text)))
}

func TestEveryFormOfEveryCredential(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	u := b.user("ann", "correct horse")
	key, digest := auth.NewAPIKey()
	b.create("user_api_keys", schema.Set{"user": schema.IntValue(u.Key), "name": schema.TextValue("k"), "digest": schema.TextValue(digest)})
	session, err := b.NewSession(context.Background(), u, "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	token, _, err := b.IssueJWT(context.Background(), u)
	if err != nil {
		t.Fatal(err)
	}
	query := func(token string) *http.Request {
		r := from("192.0.2.1", "", "")
		r.URL.RawQuery = "token=" + token
		return r
	}
	loginScheme := from("192.0.2.1", "Authorization", "ybkey login")
	loginScheme.Header.Set("x-yottabyte-token", session)
	noUser := basic(":")
	noUser.Header.Set("X-Yottabyte-Token", session)
	opened := b.accepts("session", bearer(session)).Session
	if opened == 0 {
		t.Error("the actor doesn't tell of the session")
	}
	for what, r := range map[string]*http.Request{
		"password":                     basic("ann:correct horse"),
		"name in capitals":             basic("ANN:correct horse"),
		"key as user":                  basic(key + ":x"),
		"key alone":                    basic(key),
		"bearer key":                   bearer(key),
		"bearer session":               bearer(session),
		"bearer JWT":                   bearer(token),
		"lower-case scheme":            from("192.0.2.1", "authorization", "bearer "+token),
		"header session":               from("192.0.2.1", "x-yottabyte-token", session),
		"key where a session goes":     from("192.0.2.1", "x-yottabyte-token", key),
		"query session":                query(session),
		"query JWT":                    query(token),
		"query key":                    query(key),
		"unknown scheme and a session": loginScheme,
		"empty Basic and a session":    noUser,
	} {
		want := perm.Actor{User: u.Key, Name: "ann", Address: "192.0.2.1"}
		switch {
		case strings.HasSuffix(what, "session"):
			want.Session = opened
		case strings.Contains(what, "key"):
			want.APIKey = b.accepts("key", bearer(key)).APIKey
		case strings.HasSuffix(what, "JWT"), what == "lower-case scheme":
			want.SignIn = b.accepts("JWT", bearer(token)).SignIn
		}
		if strings.Contains(what, "key") != (want.APIKey != 0) || strings.HasSuffix(what, "JWT") && want.SignIn == "" {
			t.Errorf("%s: the actor doesn't tell of the key or the login: %+v", what, want)
		}
		if d := cmp.Diff(want, b.accepts(what, r)); d != "" {
			t.Errorf("%s: %s", what, d)
		}
	}
	wrong := bearer(key[1:] + "0")
	wrong.Header.Set("x-yottabyte-token", session) // a bad credential isn't healed by a good one behind it
	for what, r := range map[string]*http.Request{
		"wrong password": basic("ann:wrong"), "unknown user": basic("bob:correct horse"), "wrong key": wrong, "no token": bearer("nonsense"),
		"half a session": bearer(session[:20]), "empty password": basic("ann:"), "digest as key": bearer(digest),
	} {
		b.refuses(what, "invalid", r)
	}
	for what, r := range map[string]*http.Request{
		"nothing": from("192.0.2.1", "", ""), "unknown scheme": from("192.0.2.1", "Authorization", "ybkey login"), "bad base64": from("192.0.2.1", "Authorization", "Basic ???"),
	} {
		b.refuses(what, "missing", r)
	}
}

func TestAdminsAreAdmins(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	printed, created, err := b.Bootstrap(context.Background(), auth.FirstPassword(""))
	if err != nil || !created || len(printed) != 20 {
		t.Fatalf("first start: %q, %v, %v", printed, created, err)
	}
	computed := b.Computed()
	if a := b.accepts("admin", basic("admin:"+printed)); !a.Admin {
		t.Errorf("admin is %+v", a)
	}
	if n := b.Computed() - computed; n != 0 {
		t.Errorf("the first login computes %d digests; the password is known already", n)
	}
	if printed, created, err := b.Bootstrap(context.Background(), auth.FirstPassword("some other one")); err != nil || created || printed != "" {
		t.Errorf("second start: %q, %v, %v", printed, created, err)
	}
	other := newBench(t)
	if printed, created, err := other.Bootstrap(context.Background(), auth.FirstPassword("the given one")); err != nil || !created || printed != "" {
		t.Errorf("with a given password: %q, %v, %v", printed, created, err)
	}
	other.accepts("given password", basic("admin:the given one"))
}

func TestClosedAccountsMayNotEnter(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]schema.Set{"disabled": {"enabled": schema.BoolValue(false)}, "locked": {"account_locked": schema.IntValue(1)}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			u := b.user("ann", "pw")
			key, digest := auth.NewAPIKey()
			b.create("user_api_keys", schema.Set{"user": schema.IntValue(u.Key), "digest": schema.TextValue(digest)})
			session, _ := b.NewSession(context.Background(), u, "")
			token, _, _ := b.IssueJWT(context.Background(), u)
			requests := map[string]*http.Request{"password": basic("ann:pw"), "key": bearer(key), "session": bearer(session), "JWT": bearer(token)}
			for what, r := range requests {
				b.accepts(what, r)
			}
			b.change("users", u.Key, set)
			for what, r := range requests {
				b.refuses(what, "invalid", r)
			}
			if _, err := b.login("ann", "pw", ""); err == nil {
				t.Error("login of a closed account")
			}
			if _, _, _, err := b.Refresh(context.Background(), token); err == nil {
				t.Error("refresh for a closed account")
			}
		})
	}
}

func TestUsesAreWrittenAtMostOnceAMinute(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	u := b.user("ann", "pw")
	key, digest := auth.NewAPIKey()
	row := b.create("user_api_keys", schema.Set{"user": schema.IntValue(u.Key), "digest": schema.TextValue(digest)})
	var writes int
	b.db.Watch(func(cs []store.Change) { writes += len(cs) })
	for range 5 {
		b.accepts("key", bearer(key))
		if err := b.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		b.pass(10 * time.Second)
	}
	if writes != 1 {
		t.Errorf("%d writes in 50 seconds, want 1", writes)
	}
	b.pass(10 * time.Second)
	if err := b.Flush(context.Background()); err != nil || writes != 2 {
		t.Errorf("%d writes after a minute (%v), want 2", writes, err)
	}
	err := b.db.View(context.Background(), func(tx *store.Tx) error {
		r, err := tx.Get("user_api_keys", schema.IntValue(row))
		if got, want := r.Get("lastlogin_stamp").Int(), start.Add(40*time.Second).Unix(); got != want {
			t.Errorf("lastlogin_stamp is %d, want %d", got, want)
		}
		if got := r.Get("lastlogin_ip").Text(); got != "192.0.2.1" {
			t.Errorf("lastlogin_ip is %q", got)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
	b.accepts("key", bearer(key))
	b.update(func(tx *store.Tx) error { return tx.Delete("user_api_keys", schema.IntValue(row)) })
	b.pass(2 * time.Minute)
	if err := b.Flush(context.Background()); err != nil {
		t.Errorf("noting the use of a key that is gone: %v", err)
	}
}

// FuzzAuthenticate sends whatever it likes: nobody gets in, and every answer is a plain refusal.
func FuzzAuthenticate(f *testing.F) {
	b := newBench(f)
	b.user("ann", "a password that no fuzzer finds")
	for _, header := range []string{"Basic YW5uOg==", "Bearer a.b.c", "Bearer " + strings.Repeat("0", 64), "Basic", "Bearer \x00", "Basic OmE="} {
		f.Add(header, "x", "token=")
	}
	f.Add("", strings.Repeat("a", 40), "token=a&token=b;%zz")
	f.Fuzz(func(t *testing.T, authorization, token, query string) {
		r := from("192.0.2.1", "", "")
		r.Header["Authorization"], r.Header["X-Yottabyte-Token"] = []string{authorization}, []string{token}
		r.URL.RawQuery = query
		if a, err := b.Authenticate(context.Background(), r, http.Header{}); !errs.Is(err, errs.Unauthenticated) {
			t.Errorf("got %+v, %v", a, err)
		}
	})
}

// BenchmarkAuthenticate is what each kind of credential costs on every request.
func BenchmarkAuthenticate(b *testing.B) {
	s := newBench(b)
	u := s.user("ann", "pw")
	key, digest := auth.NewAPIKey()
	s.create("user_api_keys", schema.Set{"user": schema.IntValue(u.Key), "name": schema.TextValue("k"), "digest": schema.TextValue(digest)})
	token, _, err := s.IssueJWT(context.Background(), u)
	if err != nil {
		b.Fatal(err)
	}
	for name, r := range map[string]*http.Request{"basic": basic("ann:pw"), "key": bearer(key), "session": bearer(s.open(u.Key)), "jwt": bearer(token)} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := s.Authenticate(context.Background(), r, http.Header{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
