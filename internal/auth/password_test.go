package auth_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/auth"
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

func TestLogin(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	u := b.user("ann", "pw")
	ctx := context.Background()
	got, err := b.login("ann", "pw", "192.0.2.1")
	if err != nil || got.Key != u.Key {
		t.Fatalf("login: %+v, %v", got, err)
	}
	if got := b.readUser(u.Key).LastLogin; got != start.Unix() {
		t.Errorf("last_login is %d, want %d", got, start.Unix())
	}
	_, wrong := b.login("ann", "no", "192.0.2.1")
	_, unknown := b.login("bob", "pw", "192.0.2.1")
	if !errs.Is(wrong, errs.Unauthenticated) || !errs.Is(unknown, errs.Unauthenticated) || wrong.Error() != unknown.Error() {
		t.Errorf("wrong password: %v; unknown user: %v; want the same refusal", wrong, unknown)
	}
	if err := b.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	if got := b.readUser(u.Key).FailedAttempts; got != 1 {
		t.Errorf("failed_attempts is %d, want 1", got)
	}
	if _, err := b.login("ann", "pw", ""); err != nil {
		t.Fatal(err)
	}
	if got := b.readUser(u.Key).FailedAttempts; got != 0 {
		t.Errorf("failed_attempts is %d after a login, want 0", got)
	}
}

func TestPasswordsAreSaltedAndForeignCostsAreRead(t *testing.T) {
	t.Parallel()
	one, two := auth.HashPassword("pw"), auth.HashPassword("pw")
	if one == two {
		t.Error("the same password gives the same digest twice")
	}
	if !strings.HasPrefix(one, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Errorf("digest %s has other costs than documented", one)
	}
	b := newBench(t)
	// From test.c of the reference implementation, phc-winner-argon2: argon2id of "password" with the salt "somesalt".
	const foreign = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	b.create("users", schema.Set{"name": schema.TextValue("ann"), "password": schema.TextValue(foreign)})
	b.accepts("a digest made elsewhere", basic("ann:password"))
	for i, bad := range []string{
		"", "password", "$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
		"$argon2id$v=19$m=65536,t=0,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$",
	} {
		name := "user" + string(rune('a'+i))
		b.create("users", schema.Set{"name": schema.TextValue(name), "password": schema.TextValue(bad)})
		b.refuses("digest "+bad, "invalid", basic(name+":password"))
		b.refuses("digest "+bad, "invalid", basic(name+":"))
	}
}

func TestBasicIsRememberedUntilThePasswordChanges(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	u := b.user("ann", "pw")
	for range 3 {
		b.accepts("password", basic("ann:pw"))
	}
	b.refuses("wrong password", "invalid", basic("ann:no"))
	if got := b.Verified(); got != 1 {
		t.Errorf("%d passwords are remembered, want 1", got)
	}
	b.change("users", u.Key, schema.Set{"password": schema.TextValue(auth.HashPassword("new"))})
	b.refuses("old password", "invalid", basic("ann:pw"))
	b.accepts("new password", basic("ann:new"))
	began := time.Now()
	for range 100 {
		b.accepts("new password", basic("ann:new"))
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("100 remembered checks took %v: they are computed anew", took)
	}
}

func TestSecretIsKept(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	dir := t.TempDir()
	one, err := auth.New(context.Background(), b.db, dir, "")
	if err != nil {
		t.Fatal(err)
	}
	two, err := auth.New(context.Background(), b.db, dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(one.Secret(), two.Secret()); d != "" || len(one.Secret()) != 32 {
		t.Error("the secret of a second start differs from the first, or is no 32 bytes")
	}
	path := filepath.Join(dir, "secret")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the secret: %v, %v", info.Mode(), err)
	}
	if err := os.WriteFile(path, []byte("short"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := auth.New(context.Background(), b.db, dir, ""); err == nil {
		t.Error("a cut-off secret is accepted")
	}
}
