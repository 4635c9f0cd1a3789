package auth_test

import (
	"context"
	"regexp"
	"testing"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

func (b *bench) open(user int64) string {
	b.Helper()
	token, err := b.NewSession(context.Background(), b.readUser(user), "192.0.2.1")
	if err != nil {
		b.Fatal(err)
	}
	return token
}

func TestSessionEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	ctx := context.Background()
	token := b.open(b.user("ann", "pw").Key)
	if !regexp.MustCompile(`^[0-9a-f]{40}$`).MatchString(token) {
		t.Errorf("token %q is no 40 hex digits", token)
	}
	b.accepts("open", bearer(token))
	if err := b.EndSession(ctx, token); err != nil {
		t.Fatal(err)
	}
	b.refuses("closed", "invalid", bearer(token))
	if err := b.EndSession(ctx, token); !errs.Is(err, errs.NotFound) {
		t.Errorf("closing twice: %v", err)
	}
}

func TestSessionAges(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	u := b.user("ann", "pw")
	idle, busy := b.open(u.Key), b.open(u.Key)
	for range 5 { // busy is used every 12 hours, idle never
		b.pass(12 * time.Hour)
		b.accepts("in use", bearer(busy))
	}
	b.refuses("idle for 60 hours", "invalid", bearer(idle))
	b.pass(12*time.Hour - time.Second)
	b.accepts("a second before its end", bearer(busy))
	b.pass(time.Second)
	b.refuses("three days old", "invalid", bearer(busy))
	young := b.open(u.Key)
	if err := b.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := b.db.View(context.Background(), func(tx *store.Tx) error {
		n, err := tx.Count("sessions")
		if n != 1 {
			t.Errorf("%d sessions are left, want the young one", n)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	b.accepts("young", bearer(young))
}

func TestSettingsBoundSessions(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.open(b.user("ann", "pw").Key)
	b.pass(time.Minute)
	b.accepts("by default", bearer(token))
	b.update(func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table("settings"))
		r.Key = schema.TextValue("max_session_age")
		r.Put("value", schema.TextValue("60"))
		_, err := tx.Create(r, nil)
		return err
	})
	b.refuses("when sessions live a minute", "invalid", bearer(token))
	for _, value := range []string{"", "-5", "forever", "99999999999999"} {
		b.update(func(tx *store.Tx) error {
			return tx.Change("settings", schema.TextValue("max_session_age"), schema.Set{"value": schema.TextValue(value)})
		})
		b.accepts("when the setting is "+value, bearer(token))
	}
}

func TestRunWritesUsesWhenItEnds(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	token := b.open(b.user("ann", "pw").Key)
	b.pass(time.Hour)
	b.accepts("session", bearer(token))
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- b.Run(ctx) }()
	cancel()
	<-done
	if err := b.db.View(context.Background(), func(tx *store.Tx) error {
		rows, err := tx.Find("sessions")
		if len(rows) != 1 || rows[0].Get("used").Int() != start.Add(time.Hour).Unix() {
			t.Errorf("sessions: %+v", rows)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
