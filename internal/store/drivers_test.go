package store_test

import (
	"context"
	"path/filepath"
	"testing"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/internal/store/sqlite"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// driver is one kind of database; the tests run on each.
type driver struct {
	name  string
	place func(testing.TB) string // of a new database
	open  func(ctx context.Context, place string, s *schema.Schema) (*store.DB, error)
}

var (
	onSQLite   = driver{"sqlite", func(t testing.TB) string { return filepath.Join(t.TempDir(), "t.db") }, sqlite.Open}
	onPostgres = driver{"postgres", pgtest.DSN, postgres.Open}
)

// onEach runs a test on each kind of database.
func onEach(t *testing.T, f func(*testing.T, driver)) {
	t.Parallel()
	for _, d := range []driver{onSQLite, onPostgres} {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			f(t, d)
		})
	}
}

// connect opens the database at a place until the test ends.
func (d driver) connect(t testing.TB, place string, s *schema.Schema) *store.DB {
	t.Helper()
	db, err := d.open(context.Background(), place, s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}
