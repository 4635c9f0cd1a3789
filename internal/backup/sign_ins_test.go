package backup

import (
	"strings"
	"testing"
	"time"

	"dewpoint/internal/model/access"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// TestRestoreEndsSignIns restores the same backup twice: what was good before either restore is void after it.
func TestRestoreEndsSignIns(t *testing.T) {
	t.Parallel()
	for name, place := range map[string]func(*testing.T) Place{"sqlite": onSQLite, "postgres": onPostgres} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := place(t)
			path := withSessions(t, p)
			last := time.Now().UnixMilli() - 1
			for range 2 {
				if _, err := p.Restore(background, path, ""); err != nil {
					t.Fatal(err)
				}
				epoch := signInsOf(t, p)
				if epoch <= last {
					t.Errorf("the epoch of tokens is %d after %d", epoch, last)
				}
				last = epoch
			}
		})
	}
}

// withSessions makes a backup of a place with a user who has a session and an API key.
func withSessions(t *testing.T, p Place) (path string) {
	t.Helper()
	fill(t, p)
	p.with(t, func(db *store.DB) {
		if err := db.Update(background, func(tx *store.Tx) error {
			if err := put(tx, "users", schema.Set{"name": schema.TextValue("ann"), "token_epoch": schema.IntValue(5)}); err != nil {
				return err
			}
			if err := put(tx, "user_api_keys", schema.Set{"name": schema.TextValue("k"), "user": schema.IntValue(1)}); err != nil {
				return err
			}
			return put(tx, "sessions", schema.Set{"user": schema.IntValue(1), "digest": schema.TextValue("d")})
		}); err != nil {
			t.Fatal(err)
		}
	})
	path = t.TempDir() + "/b"
	if _, err := p.Backup(background, path, ""); err != nil {
		t.Fatal(err)
	}
	return path
}

// signInsOf checks that no session is left, while API keys are and the log says so, and returns the user's epoch.
func signInsOf(t *testing.T, p Place) (epoch int64) {
	t.Helper()
	p.with(t, func(db *store.DB) {
		if err := db.View(background, func(tx *store.Tx) error {
			sessions, err := tx.Count("sessions", store.Everything())
			if err != nil {
				return err
			}
			keys, err := tx.Count("user_api_keys")
			if err != nil || sessions != 0 || keys != 1 {
				t.Errorf("%d sessions and %d API keys are left, %v", sessions, keys, err)
			}
			lines, err := store.FindRows[system.Log](tx)
			if err != nil || len(lines) != 1 || !strings.Contains(lines[0].Text, "API keys that were revoked since are good again") {
				t.Errorf("the log says %+v, %v", lines, err)
			}
			user, err := store.GetRow[access.User](tx, schema.IntValue(1))
			epoch = user.TokenEpoch
			return err
		}); err != nil {
			t.Fatal(err)
		}
	})
	return epoch
}
