package auth_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"dewpoint/internal/auth"
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// holds reports whether the files of the database hold a text, in any page, used or not.
func (b *bench) holds(text string) bool {
	b.Helper()
	files, err := filepath.Glob(filepath.Join(b.dir, "dewpoint.db*"))
	if err != nil || len(files) == 0 {
		b.Fatal(files, err)
	}
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		if bytes.Contains(raw, []byte(text)) {
			return true
		}
	}
	return false
}

func TestTheDatabaseDoesNotHoldSecondFactors(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	secret, _ := p.enrol(p.user("ann", "pw"))
	if !p.holds("ann") {
		t.Error("this test doesn't find what is there")
	}
	if p.holds(secret) {
		t.Error("the database holds the secret of an authenticator")
	}
}

// TestPlainSecondFactorsAreSealed starts with a row as older versions wrote it.
func TestPlainSecondFactorsAreSealed(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	u := p.user("ann", "pw")
	const secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	p.change("users", u.Key, schema.Set{"two_factor_authentication": schema.BoolValue(true), "two_factor_secret": schema.TextValue(secret)})
	for i := range 20 { // the row moves within its page when it grows
		p.user("user"+strconv.Itoa(i), "pw")
	}
	if !p.holds(secret) {
		t.Error("this test doesn't find what is there")
	}
	for range 2 {
		if err := p.eng.Prepare(context.Background()); err != nil {
			t.Fatal(err)
		}
		p.pass(time.Minute)
		p.want("after the start", "", p.tries("ann", p.code(secret, 0)))
	}
	if err := p.db.Close(); err != nil { // which brings all pages home
		t.Fatal(err)
	}
	if p.holds(secret) {
		t.Error("the database still holds the secret")
	}
}

// TestASealedSecretIsGoodInItsRowAlone gives bob the second factor of ann, which an intruder knows, by writing to the database.
func TestASealedSecretIsGoodInItsRowAlone(t *testing.T) {
	t.Parallel()
	p := newPeople(t)
	ann, bob := p.user("ann", "pw"), p.user("bob", "pw")
	secret, _ := p.enrol(ann)
	_, codes := p.enrol(bob)
	p.pass(time.Minute)
	for what, text := range map[string]string{"sealed for another row": p.readUser(ann.Key).TwoFactorSecret, "in plain": secret} {
		p.change("users", bob.Key, schema.Set{"two_factor_secret": schema.TextValue(text)})
		p.want(what, "second_factor_unreadable", p.tries("bob", p.code(secret, 0)))
		if _, err := p.act(self(bob), bob, "two_factor_off", p.code(secret, 0)); !errs.Is(err, errs.Unavailable) {
			t.Errorf("%s, turned off: %v", what, err)
		}
	}
	p.want("a recovery code", "", p.tries("bob", codes[0]))
	p.want("in its own row", "", p.tries("ann", p.code(secret, 0)))
	// With another key nothing opens.
	if err := os.Remove(filepath.Join(p.dir, "secret")); err != nil {
		t.Fatal(err)
	}
	other, err := auth.New(context.Background(), p.db, p.dir, "")
	if err != nil {
		t.Fatal(err)
	}
	_, err = other.Login(context.Background(), auth.Attempt{Name: "ann", Password: "pw", Code: p.code(secret, 30*time.Second)})
	if !errs.Is(err, errs.Unavailable) {
		t.Errorf("with another key: %v", err)
	}
}
