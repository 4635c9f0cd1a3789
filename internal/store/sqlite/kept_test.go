package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"
)

// openPlain opens a database with one connection and a table of three rows.
func openPlain(t *testing.T) *sql.DB {
	t.Helper()
	db, err := open("file:"+filepath.Join(t.TempDir(), "x.db"), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	for _, text := range []string{"CREATE TABLE a (k INTEGER PRIMARY KEY, v TEXT UNIQUE)", "INSERT INTO a VALUES (1, 'x'), (2, 'y'), (3, 'z')"} {
		if _, err := db.Exec(text); err != nil {
			t.Fatal(err)
		}
	}
	return db
}

// keptOf is what the one connection keeps.
func keptOf(t *testing.T, db *sql.DB) (texts, statements int) {
	t.Helper()
	c, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Raw(func(inner any) error {
		for s := range inner.(*conn).kept.Values() {
			if texts++; s.stmt != nil {
				statements++
			}
		}
		return nil
	})
	return texts, statements
}

func one(t *testing.T, q interface {
	QueryRow(string, ...any) *sql.Row
}, text string, args ...any,
) (v string) {
	t.Helper()
	if err := q.QueryRow(text, args...).Scan(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// TestKeptStatements runs the same texts over and over: after errors, after a change of the table, and inside the rows of themselves.
func TestKeptStatements(t *testing.T) {
	t.Parallel()
	db := openPlain(t)
	const find = "SELECT v FROM a WHERE k = ?"
	for range 3 {
		for k, want := range []string{"x", "y", "z"} {
			if got := one(t, db, find, k+1); got != want {
				t.Errorf("row %d is %q", k+1, got)
			}
		}
	}
	for i := range 4 {
		if _, err := db.Exec("INSERT INTO a VALUES (?, 'x')", 10+i); err == nil {
			t.Error("a value is there twice")
		}
		if r, err := db.Exec("UPDATE a SET v = ? WHERE k = 1", fmt.Sprint("x", i)); err != nil {
			t.Error(err)
		} else if n, _ := r.RowsAffected(); n != 1 {
			t.Errorf("%d rows changed", n)
		}
		if got, want := one(t, db, find, 1), fmt.Sprint("x", i); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if _, err := db.Exec(fmt.Sprintf("ALTER TABLE a ADD COLUMN c%d", i)); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec("UPDATE a SET v = 'x' WHERE k = 1"); err != nil {
			t.Fatal(err)
		}
	}
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	rows, err := tx.Query("SELECT k FROM a ORDER BY k")
	for range 2 {
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			inner, err := tx.Query("SELECT k FROM a ORDER BY k") // the statement is busy
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for inner.Next() {
				n++
			}
			if err := inner.Close(); err != nil || n != 3 {
				t.Errorf("%d rows inside, %v", n, err)
			}
		}
		if err := rows.Close(); err != nil {
			t.Error(err)
		}
		rows, err = tx.Query("SELECT k FROM a ORDER BY k")
	}
	rows.Close()
}

// TestKeptStatementsAreBounded runs more texts than are kept, some of them once, and some that are none of transactions.
func TestKeptStatementsAreBounded(t *testing.T) {
	t.Parallel()
	db := openPlain(t)
	one(t, db, "SELECT v FROM a WHERE k = 2")
	if texts, statements := keptOf(t, db); statements != 0 || texts == 0 {
		t.Errorf("%d statements are kept of %d texts that were run once", statements, texts)
	}
	for i := range 3 * mostKept {
		for range 2 {
			one(t, db, fmt.Sprintf("SELECT v FROM a WHERE k = 1 AND %d > -1", i))
		}
		one(t, db, "PRAGMA user_version")
	}
	if texts, statements := keptOf(t, db); texts != mostKept || statements < mostKept-2 {
		t.Errorf("%d statements are kept of %d texts, want %d", statements, texts, mostKept)
	}
}
