// Package rig opens what tests of several packages stand on: the real database, and over it the services that both dialects are made of.
package rig

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"dewpoint/internal/auth"
	writer "dewpoint/internal/backup"
	"dewpoint/internal/console"
	"dewpoint/internal/control/backup"
	"dewpoint/internal/control/storage"
	"dewpoint/internal/engine"
	"dewpoint/internal/event"
	"dewpoint/internal/media"
	"dewpoint/internal/quarantine"
	"dewpoint/internal/schema"
	"dewpoint/internal/space"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/internal/store/sqlite"
	"dewpoint/internal/tables"
)

// Password is that of admin.
const Password = "correct horse battery"

// Database opens the database of the data directory dir, which may be empty, until the test ends. The test may close it before. With the
// variable DEWPOINT_TEST_DATABASE at postgres it is a new one in PostgreSQL: so tests that ask for nothing else run on both.
func Database(t testing.TB, dir string) *store.DB {
	t.Helper()
	return declared(t, os.Getenv("DEWPOINT_TEST_DATABASE"), dir)
}

// DatabaseOf is Database with other tables than those of the model.
func DatabaseOf(t testing.TB, dir string, s *schema.Schema) *store.DB {
	t.Helper()
	return open(t, os.Getenv("DEWPOINT_TEST_DATABASE"), dir, s)
}

// OnEach runs a test on a new database of each kind.
func OnEach(t *testing.T, f func(*testing.T, *store.DB)) {
	t.Parallel()
	for _, kind := range []string{"sqlite", "postgres"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			f(t, declared(t, kind, t.TempDir()))
		})
	}
}

func open(t testing.TB, kind, dir string, s *schema.Schema) *store.DB {
	t.Helper()
	var db *store.DB
	var err error
	if kind == "postgres" {
		db, err = postgres.Open(context.Background(), databaseOf(t, dir, pgtest.DSN), s)
	} else {
		db, err = sqlite.Open(context.Background(), filepath.Join(dir, "dewpoint.db"), s)
	}
	must(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

// databases are the addresses of those in PostgreSQL, by their data directories: one that is opened again has what was in it.
var databases sync.Map

func databaseOf(t testing.TB, dir string, create func(testing.TB) string) string {
	t.Helper()
	if at, known := databases.Load(dir); known {
		return at.(string)
	}
	at := create(t)
	databases.Store(dir, at)
	return at
}

// Services are what the dialects are joined to, with a first administrator.
type Services struct {
	DB         *store.DB
	Bus        *event.Bus
	Auth       *auth.Service
	Engine     *engine.Engine
	Space      *space.Account
	Media      *media.Library
	Quarantine *quarantine.Keeper
	Backups    *backup.Controller // whose passes are the test's to make
	Consoles   *console.Service   // of a node without VMs
}

// Start opens the services of the data directory dir, which may be empty, until the test ends.
func Start(t testing.TB, dir string, log *slog.Logger) Services {
	t.Helper()
	return StartOn(t, Database(t, dir), dir, log)
}

// StartOn is Start with a database of the caller's.
func StartOn(t testing.TB, db *store.DB, dir string, log *slog.Logger) Services {
	t.Helper()
	s := Services{DB: db}
	var err error
	s.Auth, err = auth.New(context.Background(), s.DB, dir, "")
	must(t, err)
	_, _, err = s.Auth.Bootstrap(context.Background(), auth.FirstPassword(Password))
	must(t, err)
	s.Space = space.New(s.DB, space.Limits{})
	s.Quarantine = quarantine.New(s.DB, dir, log)
	s.Media, err = media.New(s.DB, s.Space, dir, s.Quarantine, log)
	must(t, err)
	s.Quarantine.Restores(s.Media)
	s.Backups = backup.New(backup.Config{DB: db, Dir: dir, Space: s.Space, Log: log, Write: func(ctx context.Context, path string) (writer.Written, error) {
		return writer.Source{DB: db, Dir: dir, Version: "test"}.WriteFile(ctx, path, "")
	}})
	s.Consoles = console.New(console.Config{DB: db, Log: log})
	s.Bus = event.New(s.DB)
	s.Engine = engine.New(s.DB, s.Bus, s.Auth, tables.Hooks(tables.Needs{Secrets: s.Auth, Space: s.Media, Appliances: storage.Appliances{DataDir: dir, Space: s.Space}}), log)
	return s
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
