package auth_test

import (
	"context"
	"strings"
	"testing"

	"dewpoint/internal/auth"
	"dewpoint/internal/errs"
)

func TestWeakPasswords(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for password, why := range map[string]string{
		"":                          "at least 8 characters",
		"x":                         "at least 8 characters",
		"äöüßäöü":                   "at least 8 characters", // seven, of fourteen bytes
		"17051981":                  "letters too",
		"password":                  "everybody tries first",
		"PassWord":                  "everybody tries first",
		"Password2026!":             "everybody tries first",
		"!!monkey123":               "everybody tries first",
		"qwertyuiop":                "everybody tries first",
		"aaaaaaaaaaaa":              "4 different characters",
		"abcabcabcabc":              "4 different characters",
		"abcdefghijkl":              "count up or down",
		"987654321098":              "count up or down",
		"ann.smith99":               "the account's name",
		"Dewpoint-1":                "or the server's",
		strings.Repeat("ab1-", 300): "at most 1024 bytes",
		"correct horse":             "",
		"bobs password":             "",
		"zq7#Lm2k":                  "",
		"829104756123":              "",
		"日本語のパスワード":                 "",
	} {
		err := b.CheckPassword("ann.smith", password)
		e := errs.As(err)
		switch {
		case why == "" && err != nil:
			t.Errorf("%q: %v", password, err)
		case why != "" && (e == nil || e.Kind != errs.Invalid || e.Field != "password" || !strings.Contains(e.Text, why)):
			t.Errorf("%q: %v, want it to say %q", password, err, why)
		}
	}
}

// TestAWeakFirstPasswordIsRefused leaves nothing behind, so that the next start makes the account.
func TestAWeakFirstPasswordIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, created, err := b.Bootstrap(context.Background(), auth.FirstPassword("admin123")); !errs.Is(err, errs.Invalid) || created {
		t.Fatalf("a weak one: %v, %v", created, err)
	}
	if _, created, err := b.Bootstrap(context.Background(), auth.FirstPassword("correct horse battery")); err != nil || !created {
		t.Fatalf("a good one: %v, %v", created, err)
	}
	if _, created, err := b.Bootstrap(context.Background(), auth.FirstPassword("x")); err != nil || created {
		t.Errorf("once the account is there nobody looks at it: %v, %v", created, err)
	}
}
