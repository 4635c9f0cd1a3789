package auth_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// TestRefusalsTellNothing tries every way to be refused, each more than once: all say the same and compute one digest.
func TestRefusalsTellNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.user("open", "right")
	b.accepts("the right password, remembered from now on", basic("open:right"))
	closed, locked := b.user("closed", "right"), b.user("locked", "right")
	b.accepts("before it was closed", basic("closed:right"))
	b.change("users", closed.Key, schema.Set{"enabled": schema.BoolValue(false)})
	b.change("users", locked.Key, schema.Set{"account_locked": schema.IntValue(1), "two_factor_authentication": schema.BoolValue(true)})
	for what, c := range map[string]struct{ name, password string }{
		"no such account":                     {"nobody", "right"},
		"a wrong password":                    {"open", "wrong"},
		"a closed account, wrong password":    {"closed", "wrong"},
		"a closed account, right password":    {"closed", "right"},
		"a locked account, right password":    {"locked", "right"},
		"a password that is too long":         {"open", strings.Repeat("x", 2000)},
		"too long for an account that is not": {"nobody", strings.Repeat("x", 2000)},
		"a name that is too long":             {strings.Repeat("x", 2000), "right"},
	} {
		for i := range 3 {
			before, address := b.Computed(), fmt.Sprintf("192.0.2.%d", 10+i)
			_, err := b.login(c.name, c.password, address)
			if e := errs.As(err); e == nil || e.Kind != errs.Unauthenticated || e.Code != "invalid" || e.Text != "Invalid user name or password" {
				t.Errorf("%s: %v", what, err)
			}
			if n := b.Computed() - before; n != 1 {
				t.Errorf("%s, time %d: %d digests were computed, want 1", what, i+1, n)
			}
			before = b.Computed()
			r := from(address, "", "")
			r.SetBasicAuth(c.name, c.password)
			_, err = b.Authenticate(context.Background(), r, http.Header{})
			if e := errs.As(err); e == nil || e.Kind != errs.Unauthenticated || e.Code != "invalid" || e.Text != "Invalid or expired token" {
				t.Errorf("%s by Basic: %v", what, err)
			}
			if n := b.Computed() - before; n != 1 {
				t.Errorf("%s by Basic, time %d: %d digests were computed, want 1", what, i+1, n)
			}
		}
	}
}
