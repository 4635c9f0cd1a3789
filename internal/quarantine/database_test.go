package quarantine

import (
	"os"
	"path/filepath"
	"testing"

	"dewpoint/internal/model"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/internal/store/sqlite"
)

// database does as rig.Database, which these tests can't import: the rig imports what is tested here.
func database(t *testing.T, dir string) *store.DB {
	t.Helper()
	var db *store.DB
	var err error
	if os.Getenv("DEWPOINT_TEST_DATABASE") == "postgres" {
		db, err = postgres.Open(t.Context(), pgtest.DSN(t), model.Schema())
	} else {
		db, err = sqlite.Open(t.Context(), filepath.Join(dir, "dewpoint.db"), model.Schema())
	}
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}
