package auth_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dewpoint/internal/auth"
	"dewpoint/internal/model"
	"dewpoint/internal/model/access"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres"
	"dewpoint/internal/store/postgres/pgtest"
)

// beside is a second service over the same database, with the same clock.
func (b *bench) beside() *bench {
	b.Helper()
	s, err := auth.New(context.Background(), b.db, b.TempDir(), passwordOf(b.db))
	if err != nil {
		b.Fatal(err)
	}
	other := &bench{TB: b.TB, Service: s, db: b.db, elapsed: b.elapsed, jumped: b.jumped}
	s.SetClock(other.clocks())
	return other
}

// restarted is the service as the next process of the server makes it.
func (b *bench) restarted() *bench {
	b.Helper()
	next := *b
	var err error
	if next.Service, err = auth.New(context.Background(), b.db, b.dir, passwordOf(b.db)); err != nil {
		b.Fatal(err)
	}
	next.SetClock(next.clocks())
	return &next
}

// used returns when the rows say that the only session was used last, after start.
func (b *bench) used() (at time.Duration) {
	b.Helper()
	if err := b.db.View(context.Background(), func(tx *store.Tx) error {
		rows, err := store.FindRows[access.Session](tx)
		if err != nil || len(rows) != 1 {
			b.Fatalf("%d sessions, %v", len(rows), err)
		}
		at = time.Unix(rows[0].Used, 0).Sub(start)
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	return at
}

// TestUsesOnTwoServers has a session used on two servers: whichever writes it down last, the later use stands.
func TestUsesOnTwoServers(t *testing.T) {
	t.Parallel()
	one := newBench(t)
	two := one.beside()
	token := one.open(one.user("ann", "pw").Key)
	one.pass(time.Minute)
	one.accepts("on the first", bearer(token))
	one.pass(time.Minute)
	two.accepts("on the second", bearer(token))
	for _, s := range []*bench{two, one} {
		if err := s.Flush(context.Background()); err != nil {
			t.Fatal(err)
		}
		if got := one.used(); got != 2*time.Minute {
			t.Errorf("used after %v, want 2m", got)
		}
	}
}

// TestSweepSparesWhatIsUsedElsewhere has a session used on one server until just before the other, which can't know yet, clears away.
func TestSweepSparesWhatIsUsedElsewhere(t *testing.T) {
	t.Parallel()
	one := newBench(t)
	two := one.beside()
	token := one.open(one.user("ann", "pw").Key)
	one.pass(24*time.Hour - time.Second)
	one.accepts("in time", bearer(token))
	one.pass(time.Minute)
	if err := two.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	one.accepts("after the other's sweep", bearer(token))
	one.pass(25 * time.Hour)
	if err := two.Sweep(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := one.db.View(context.Background(), func(tx *store.Tx) error {
		n, err := tx.Count("sessions")
		if n != 0 {
			t.Errorf("%d sessions are left", n)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// TestServersShareTheSecret opens a database from several data directories, as servers that share it.
func TestServersShareTheSecret(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db, err := postgres.Open(ctx, pgtest.Start(t).DSN(), model.Schema())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	first, want := t.TempDir(), bytes.Repeat([]byte{7}, 32)
	write := func(dir string, secret []byte) string {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "secret"), secret, 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	write(first, want) // as of the time when it had no other
	for _, step := range []struct {
		what, dir, password string
		refused             string
	}{
		{"the first", first, "one", ""},
		{"one that comes with the password", t.TempDir(), "one", ""},
		{"one with another secret", write(t.TempDir(), bytes.Repeat([]byte{8}, 32)), "one", "is not that of the other servers"},
		{"one that comes without a password", t.TempDir(), "", "copy the file secret"},
		{"one that comes with another password", t.TempDir(), "two", "copy the file secret"},
		{"one that was given the file", write(t.TempDir(), want), "", ""},
		{"the first, after the password was changed", first, "two", ""},
		{"one that comes with the new password", t.TempDir(), "two", ""},
		{"one that comes with the old password", t.TempDir(), "one", "copy the file secret"},
		{"one with half a secret", write(t.TempDir(), want[:16]), "two", "16 bytes"},
	} {
		s, err := auth.New(ctx, db, step.dir, step.password)
		switch {
		case step.refused != "":
			if err == nil || !strings.Contains(err.Error(), step.refused) {
				t.Errorf("%s: %v", step.what, err)
			}
			continue
		case err != nil:
			t.Errorf("%s: %v", step.what, err)
			continue
		}
		if !bytes.Equal(s.Secret(), want) {
			t.Errorf("%s has another secret", step.what)
		}
		if kept, err := os.ReadFile(filepath.Join(step.dir, "secret")); err != nil || !bytes.Equal(kept, want) {
			t.Errorf("%s keeps another secret: %v", step.what, err)
		}
	}
	if err := db.View(ctx, func(tx *store.Tx) error {
		r, err := tx.Get("secrets", schema.TextValue("shared"))
		for _, f := range r.Table.Fields {
			for _, form := range []string{string(want), hex.EncodeToString(want), base64.StdEncoding.EncodeToString(want)} {
				if f.Stored() && strings.Contains(r.Get(f.Name).Text(), form) {
					t.Errorf("column %s holds the secret", f.Name)
				}
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
