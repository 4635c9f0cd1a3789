package rig

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"dewpoint/internal/model"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/internal/store/sqlite"
)

// declared opens a database with the declared tables. They are made once in the process, and copied: to make them takes longer than most tests.
func declared(t testing.TB, kind, dir string) *store.DB {
	t.Helper()
	if kind == "postgres" {
		databaseOf(t, dir, func(t testing.TB) string { return pgtest.Filled(t, makeTables) })
	} else {
		must(t, copyTables(filepath.Join(dir, "dewpoint.db")))
	}
	return open(t, kind, dir, model.Schema())
}

func makeTables(dsn string) error {
	db, err := postgres.Open(context.Background(), dsn, model.Schema())
	if err != nil {
		return err
	}
	return db.Close()
}

// copyTables makes the file of a database, unless it is there.
func copyTables(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	empty, err := emptyFile()
	if err != nil {
		return err
	}
	return os.WriteFile(path, empty, 0o600)
}

// emptyFile is the file of a SQLite database without rows.
var emptyFile = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "dewpoint-rig-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "dewpoint.db")
	db, err := sqlite.Open(context.Background(), path, model.Schema())
	if err != nil {
		return nil, err
	}
	if err := db.Close(); err != nil { // with the last connection the journal goes into the file
		return nil, err
	}
	return os.ReadFile(path)
})
