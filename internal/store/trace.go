package store

import "database/sql"

// Trace calls f with each statement that transactions run from now on. It is for tests that hold how many there are.
func (db *DB) Trace(f func(statement string)) { db.trace.Store(&f) }

func (db *DB) traced(text string) string {
	if f := db.trace.Load(); f != nil {
		(*f)(text)
	}
	return text
}

// rows, row and result run a statement as the database has it.

func (tx *Tx) rows(text string, args ...any) (*sql.Rows, error) {
	return tx.sql.QueryContext(tx.ctx, tx.db.traced(text), args...)
}

func (tx *Tx) row(text string, args ...any) *sql.Row {
	return tx.sql.QueryRowContext(tx.ctx, tx.db.traced(text), args...)
}

func (tx *Tx) result(text string, args ...any) (sql.Result, error) {
	return tx.sql.ExecContext(tx.ctx, tx.db.traced(text), args...)
}
