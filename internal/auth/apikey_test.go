package auth_test

import (
	"testing"
	"time"

	"dewpoint/internal/auth"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

func TestRevokedKeyIsRefusedAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	key, digest := auth.NewAPIKey()
	row := b.create("user_api_keys", schema.Set{"user": schema.IntValue(b.user("ann", "pw").Key), "digest": schema.TextValue(digest)})
	for range 3 {
		b.accepts("key", bearer(key))
	}
	b.update(func(tx *store.Tx) error { return tx.Delete("user_api_keys", schema.IntValue(row)) })
	b.refuses("revoked", "invalid", bearer(key))
}

func TestKeyExpires(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	u := b.user("ann", "pw").Key
	soon := schema.IntValue(start.Add(time.Minute).Unix())
	make := func(set schema.Set) string {
		key, digest := auth.NewAPIKey()
		set["user"], set["digest"] = schema.IntValue(u), schema.TextValue(digest)
		b.create("user_api_keys", set)
		return key
	}
	dated := make(schema.Set{"expires": soon, "expires_type": schema.TextValue("date")})
	never := make(schema.Set{"expires": soon, "expires_type": schema.TextValue("never")})
	undated := make(schema.Set{})
	b.accepts("before its date", bearer(dated))
	b.pass(time.Minute)
	b.refuses("at its date", "invalid", bearer(dated))
	b.accepts("one that never expires", bearer(never))
	b.accepts("one without a date", bearer(undated))
}

func TestKeyIsBoundToAddresses(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	key, digest := auth.NewAPIKey()
	b.create("user_api_keys", schema.Set{
		"user": schema.IntValue(b.user("ann", "pw").Key), "digest": schema.TextValue(digest),
		"ip_allow_list": schema.TextValue("192.0.2.0/24"),
	})
	b.accepts("inside", from("192.0.2.9", "Authorization", "Bearer "+key))
	b.refuses("outside", "invalid", from("198.51.100.1", "Authorization", "Bearer "+key))
	b.accepts("inside again", from("192.0.2.9", "Authorization", "Bearer "+key))
}

func TestAddressAllowed(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		allow, deny, address string
		want                 bool
	}{
		{"", "", "192.0.2.1", true},
		{"", "", "not an address", true},
		{"192.0.2.1", "", "192.0.2.1", true},
		{"192.0.2.1", "", "192.0.2.2", false},
		{"192.0.2.0/24,\n2001:db8::/32", "", "2001:db8::7", true},
		{"192.0.2.0/24", "", "::ffff:192.0.2.5", true},
		{"2001:db8::1", "", "2001:db8::1%eth0", true},
		{"", "192.0.2.1", "192.0.2.1", false},
		{"", "192.0.2.1", "192.0.2.2", true},
		{"192.0.2.1", "192.0.2.0/24", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.0/24", "192.0.2.2", false},
		{"192.0.2.1", "192.0.2.0/24", "198.51.100.1", false},
		{"typo", "", "192.0.2.1", false},
		{"", "typo", "192.0.2.1", false},
		{"192.0.2.1", "typo", "192.0.2.1", true},
		{"192.0.2.1", "", "not an address", false},
	} {
		if got := auth.AddressAllowed(test.allow, test.deny, test.address); got != test.want {
			t.Errorf("allow %q, deny %q, %s: %v, want %v", test.allow, test.deny, test.address, got, test.want)
		}
	}
}
