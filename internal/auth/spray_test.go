package auth_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/store"
)

// onEach runs a test on two servers that share a PostgreSQL database, and on one with SQLite that was started anew in between.
func onEach(t *testing.T, f func(t *testing.T, one, two *bench)) {
	t.Parallel()
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		one, two := newPair(t)
		f(t, one, two)
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		one := newBench(t)
		two := one.beside()
		two.elapsed, two.dir = one.elapsed, one.dir
		f(t, one, two)
	})
}

// sprays tries one password on each of 300 accounts and counts those that were looked at.
func (b *bench) sprays(address func(i int) string) (looked int) {
	b.Helper()
	for i := range 300 {
		switch _, err := b.login(fmt.Sprintf("user%d", i), "Summer2026", address(i)); {
		case errs.Is(err, errs.Unauthenticated):
			looked++
		case !errs.Is(err, errs.TooMany) || errs.As(err).Wait <= 0:
			b.Fatalf("user%d: %v", i, err)
		}
	}
	return looked
}

func (b *bench) flushes() {
	b.Helper()
	if err := b.Flush(context.Background()); err != nil {
		b.Fatal(err)
	}
}

// TestSprayingIsSlow from one address over 300 accounts: twenty are looked at, then one a minute, on whichever server. Whoever signed in from
// there before still does, and everybody does from elsewhere.
func TestSprayingIsSlow(t *testing.T) {
	onEach(t, func(t *testing.T, one, two *bench) {
		for i := range 300 {
			one.user(fmt.Sprintf("user%d", i), "pw")
		}
		one.enters("the owner, before", "user7", "pw", "192.0.2.1")
		one.flushes()
		if n := one.sprays(func(int) string { return "192.0.2.1" }); n != 20 {
			t.Errorf("%d were looked at, want 20", n)
		}
		one.flushes()
		one.enters("the owner, meanwhile", "user7", "pw", "192.0.2.1")
		two.enters("the owner, on the other server", "user7", "pw", "192.0.2.1")
		two.waits("user8", "pw", "192.0.2.1")
		if n := two.sprays(func(int) string { return "192.0.2.1" }); n != 1 { // the owner's own account
			t.Errorf("%d were looked at after a restart, want 1", n)
		}
		two.enters("another from elsewhere", "user8", "pw", "198.51.100.1")
		two.flushes()
		two.pass(5 * time.Minute)
		if n := two.sprays(func(int) string { return "192.0.2.1" }); n < 4 || n > 7 {
			t.Errorf("%d were looked at after five minutes, want about one for each", n)
		}
	})
}

// TestSprayingByOneNetwork counts as one address, and a guesser with very many is slowed at the account.
func TestSprayingFromManyAddresses(t *testing.T) {
	onEach(t, func(t *testing.T, one, two *bench) {
		one.user("user0", "pw")
		one.enters("the owner, before", "user0", "pw", "203.0.113.1")
		one.flushes()
		if n := one.sprays(func(i int) string { return fmt.Sprintf("2001:db8::%x", i+1) }); n != 20 {
			t.Errorf("%d from one /64 were looked at, want 20", n)
		}
		looked := 0
		for i := range 80 {
			if _, err := one.login("user0", "guess", fmt.Sprintf("198.51.100.%d", i)); errs.Is(err, errs.Unauthenticated) {
				looked++
			}
		}
		if looked < 48 || looked > 50 {
			t.Errorf("%d from many addresses were looked at, want 50 at most", looked)
		}
		one.flushes()
		two.waits("user0", "pw", "192.0.2.77")
		two.enters("the owner, from the known address", "user0", "pw", "203.0.113.1")
		two.flushes()
		two.pass(91 * 24 * time.Hour)
		if err := two.Sweep(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := two.db.View(context.Background(), func(tx *store.Tx) error {
			n, err := tx.Count("login_attempts")
			if n != 0 {
				t.Errorf("%d rows are kept for good", n)
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
}

// TestAFutureClockLocksNobodyOut once it is right again.
func TestAFutureClockLocksNobodyOut(t *testing.T) {
	t.Parallel()
	one := newBench(t)
	one.user("ann", "pw")
	one.pass(365 * 24 * time.Hour)
	one.fails(5, "ann", "192.0.2.1")
	one.flushes()
	two := one.beside()
	one.pass(-365 * 24 * time.Hour)
	two.enters("when the clock is right", "ann", "pw", "192.0.2.1")
}
