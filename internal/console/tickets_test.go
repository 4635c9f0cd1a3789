package console

import (
	"context"
	"testing"
	"time"

	"dewpoint/internal/errs"
)

func codeOf(err error) string {
	if e := errs.As(err); e != nil {
		return e.Code
	}
	return ""
}

func TestTickets(t *testing.T) {
	t.Parallel()
	now := time.Unix(1000, 0)
	all := newTickets()
	all.now = func() time.Time { return now }
	mint := func() string {
		t.Helper()
		text, expires, err := all.Mint(Grant{Machine: 7, Kind: VNC, User: 1, Again: func(ctx context.Context) (context.Context, error) { return ctx, nil }})
		if err != nil || len(text) != 64 || expires != now.Add(5*time.Minute) {
			t.Fatalf("%q until %v, %v", text, expires, err)
		}
		return text
	}
	one, other := mint(), mint()
	for hash := range all.known {
		if string(hash[:]) == one {
			t.Error("a ticket is kept as it is")
		}
	}
	if g, err := all.Find(one); err != nil || g.Machine != 7 || g.Kind != VNC {
		t.Errorf("%+v, %v", g, err)
	}
	if err := all.Use(one); err != nil || all.Out() != 1 {
		t.Errorf("%v, and %d are out", err, all.Out())
	}
	if code := codeOf(all.Use(one)); code != "token_already_used" {
		t.Errorf("used again: %q", code)
	}
	if code := codeOf(all.Use("0")); code != "invalid_token" {
		t.Errorf("one that nobody made: %q", code)
	}
	now = now.Add(ticketLife)
	if code := codeOf(all.Use(other)); code != "token_expired" || all.Out() != 0 {
		t.Errorf("one that has expired: %q", code)
	}
	now = now.Add(remembered)
	mint()
	if code := codeOf(all.Use(other)); code != "invalid_token" || len(all.known) != 1 {
		t.Errorf("long after its end: %q, and %d are remembered", code, len(all.known))
	}
}

func TestTicketsAreBounded(t *testing.T) {
	t.Parallel()
	all := newTickets()
	for range mostOfUser {
		if _, _, err := all.Mint(Grant{User: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := all.Mint(Grant{User: 1}); !errs.Is(err, errs.TooMany) {
		t.Errorf("one too many of a user: %v", err)
	}
	if _, _, err := all.Mint(Grant{User: 2}); err != nil {
		t.Errorf("another user: %v", err)
	}
}
