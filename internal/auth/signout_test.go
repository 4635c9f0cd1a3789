package auth_test

import (
	"context"
	"testing"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/access"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

func (b *bench) jwt(u access.User) string {
	b.Helper()
	token, _, err := b.IssueJWT(context.Background(), u)
	if err != nil {
		b.Fatal(err)
	}
	return token
}

func (b *bench) refreshes(what, token string) string {
	b.Helper()
	fresh, _, _, err := b.Refresh(context.Background(), token)
	if err != nil {
		b.Errorf("refreshing %s: %v", what, err)
	}
	return fresh
}

func (b *bench) refreshesNot(what, token string) {
	b.Helper()
	if _, _, _, err := b.Refresh(context.Background(), token); !errs.Is(err, errs.Unauthenticated) {
		b.Errorf("refreshing %s: %v", what, err)
	}
}

// TestSigningOutEndsOneLogin with all its tokens, at once on both servers.
func TestSigningOutEndsOneLogin(t *testing.T) {
	t.Parallel()
	one, two := newPair(t)
	u := one.user("ann", "pw")
	token, other := one.jwt(u), one.jwt(u)
	fresh := two.refreshes("a token", token)
	for _, b := range []*bench{one, two} {
		for what, good := range map[string]string{"the token": token, "a refreshed one": fresh, "of another login": other} {
			b.accepts(what, bearer(good))
		}
	}
	if err := one.SignOut(context.Background(), two.accepts("a refreshed one", bearer(fresh))); err != nil {
		t.Fatal(err)
	}
	for range 2 { // once more after the sweeps
		for _, b := range []*bench{two, one} {
			b.refuses("the token", "invalid", bearer(token))
			b.refuses("a refreshed one", "invalid", bearer(fresh))
			b.refreshesNot("the token", token)
			b.refreshesNot("a refreshed one", fresh)
			b.accepts("of another login", bearer(other))
			if err := b.Sweep(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	}
	for range 9 {
		one.pass(24 * time.Hour)
		one.refreshesNot("the token", fresh)
		for _, b := range []*bench{one, two} {
			b.swept()
		}
		if noted := one.noted(); noted != (one.elapsed.Load() <= int64(8*24*time.Hour)) {
			t.Errorf("after %v the logout is noted: %v", time.Duration(one.elapsed.Load()), noted)
		}
	}
}

func (b *bench) swept() {
	b.Helper()
	if err := b.Sweep(context.Background()); err != nil {
		b.Fatal(err)
	}
}

// noted reports whether any logout is.
func (b *bench) noted() (noted bool) {
	b.Helper()
	if err := b.db.View(context.Background(), func(tx *store.Tx) error {
		n, err := tx.Count("ended_sign_ins")
		noted = n > 0
		return err
	}); err != nil {
		b.Fatal(err)
	}
	return noted
}

// TestAWrongClockForgetsNoLogout: not one from before the clock was ahead, nor one given while it was. Both are forgotten when servers have run
// for longer than their tokens could be good.
func TestAWrongClockForgetsNoLogout(t *testing.T) {
	t.Parallel()
	const year = 365 * 24 * time.Hour
	for _, restarted := range []bool{false, true} {
		b := newBench(t)
		u := b.user("ann", "pw")
		leave := func() string {
			token := b.jwt(u)
			if err := b.SignOut(context.Background(), b.accepts("a fresh token", bearer(token))); err != nil {
				t.Fatal(err)
			}
			return token
		}
		b.swept()
		before := leave()
		b.jump(20 * year)
		if restarted {
			b = b.restarted()
		}
		during := leave()
		for range 3 {
			b.pass(10 * time.Minute)
			b.swept()
		}
		b.jump(-20 * year)
		b.swept()
		for what, token := range map[string]string{"from before": before, "from when the clock was ahead": during} {
			b.refuses(what, "invalid", bearer(token))
			b.refreshesNot(what, token)
		}
		if !b.noted() {
			t.Errorf("restarted %v: the logouts are forgotten", restarted)
		}
		for range 9 {
			b.pass(24 * time.Hour)
			b.refreshesNot("from before", before)
			b.swept()
		}
		if b.noted() {
			t.Errorf("restarted %v: the logouts are never forgotten", restarted)
		}
	}
}

// TestLogoutsOfOlderVersions are forgotten when this one has run for long enough.
func TestLogoutsOfOlderVersions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.update(func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table("ended_sign_ins"))
		r.Key = schema.TextValue("digest")
		r.Put("until", schema.IntValue(start.Add(time.Hour).Unix()))
		_, err := tx.Create(r, nil)
		return err
	})
	for day := range 11 {
		if noted := b.noted(); noted != (day < 10) {
			t.Errorf("on day %d it is noted: %v", day, noted)
		}
		b.pass(24 * time.Hour)
		b.swept()
	}
}

func TestSigningOutOfOtherCredentials(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	u := b.user("ann", "pw")
	session := b.open(u.Key)
	if err := b.SignOut(context.Background(), b.accepts("a session", bearer(session))); err != nil {
		t.Fatal(err)
	}
	b.refuses("the session", "invalid", bearer(session))
	if err := b.SignOut(context.Background(), b.accepts("Basic", basic("ann:pw"))); !errs.Is(err, errs.Invalid) {
		t.Errorf("a password: %v", err)
	}
	if err := b.SignOut(context.Background(), perm.Actor{User: u.Key, APIKey: 7}); !errs.Is(err, errs.Invalid) {
		t.Errorf("an API key: %v", err)
	}
}

// TestRefreshingHasAnEnd however often it is done, and the setting counts at once.
func TestRefreshingHasAnEnd(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	u := b.user("ann", "pw")
	token := b.jwt(u)
	for range 29 {
		b.pass(24 * time.Hour)
		token = b.refreshes("in time", token)
	}
	b.pass(24*time.Hour - time.Second)
	b.accepts("a second before its end", bearer(token))
	last, expires, _, err := b.Refresh(context.Background(), token)
	if err != nil || !expires.Equal(start.Add(30*24*time.Hour)) {
		t.Errorf("refreshed a second before: good until %v, %v; want it to end with the login", expires, err)
	}
	b.pass(time.Second)
	b.refuses("after thirty days", "invalid", bearer(last))
	b.refreshesNot("after thirty days", last)
	young := b.jwt(u)
	b.pass(time.Minute)
	b.accepts("by default", bearer(young))
	b.update(func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table("settings"))
		r.Key = schema.TextValue("max_sign_in_age")
		r.Put("value", schema.TextValue("60"))
		_, err := tx.Create(r, nil)
		return err
	})
	b.refuses("when logins are good for a minute", "invalid", bearer(young))
	b.refreshesNot("when logins are good for a minute", young)
}

// TestWhatAWrongClockMade is void once the clock is right, and what was right before it goes on.
func TestWhatAWrongClockMade(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	u := b.user("ann", "pw")
	session, token := b.open(u.Key), b.jwt(u)
	b.pass(20 * 365 * 24 * time.Hour)
	later, laterToken := b.open(u.Key), b.jwt(u)
	b.accepts("a session of the future, while the clock says so", bearer(later))
	b.accepts("a JWT of the future, while the clock says so", bearer(laterToken))
	b.pass(time.Minute - 20*365*24*time.Hour)
	b.refuses("a session of the future", "invalid", bearer(later))
	b.refuses("a JWT of the future", "invalid", bearer(laterToken))
	b.refreshesNot("a JWT of the future", laterToken)
	b.accepts("a session of before", bearer(session))
	b.accepts("a JWT of before", bearer(token))
	if err := b.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	b.refuses("a session of the future, swept", "invalid", bearer(later))
	b.accepts("a session of before, after the sweep", bearer(session))
}

// TestUsesInTheFuture keep no session open that nobody uses.
func TestUsesInTheFuture(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	u := b.user("ann", "pw")
	session := b.open(u.Key)
	b.pass(12 * time.Hour)
	b.accepts("in use", bearer(session))
	flush := func() {
		t.Helper()
		if err := b.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	b.change("sessions", 1, schema.Set{"used": schema.IntValue(start.Add(20 * 365 * 24 * time.Hour).Unix())})
	b.accepts("used in the future, by another server", bearer(session))
	flush()
	if got := b.used(); got != 12*time.Hour {
		t.Errorf("used after %v, want the use that can be", got)
	}
	b.change("sessions", 1, schema.Set{"used": schema.IntValue(start.Add(20 * 365 * 24 * time.Hour).Unix())})
	b.pass(25 * time.Hour)
	b.refuses("unused for a day", "invalid", bearer(session))
}
