package rig

import (
	"context"
	"path/filepath"
	"testing"

	"dewpoint/internal/model"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/internal/store/sqlite"
)

// Place is a data directory with its database, which the processes of a test open one after the other, or together. As JSON it says all of it.
type Place struct{ Dir, DSN string }

// Open opens the database.
func (at Place) Open() (*store.DB, error) {
	if at.DSN != "" {
		return postgres.Open(context.Background(), at.DSN, model.Schema())
	}
	return sqlite.Open(context.Background(), filepath.Join(at.Dir, "dewpoint.db"), model.Schema())
}

// Database opens the database until the test ends.
func (at Place) Database(t testing.TB) *store.DB {
	t.Helper()
	db, err := at.Open()
	must(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

// EachPlace runs a test in an empty place on each database.
func EachPlace(t *testing.T, f func(*testing.T, Place)) {
	t.Parallel()
	for kind, dsn := range map[string]func(testing.TB) string{"sqlite": func(testing.TB) string { return "" }, "postgres": pgtest.DSN} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			f(t, Place{Dir: t.TempDir(), DSN: dsn(t)})
		})
	}
}
