package store

import "database/sql"

// Reader and Writer let tests read and write rows past all rules, SQL in the words of the database.
func (db *DB) Reader() *sql.DB { return db.pools.Read }

// Writer is the pool for writing.
func (db *DB) Writer() *sql.DB { return db.pools.Write }

// SQL is how the database is spoken to.
func (db *DB) SQL() SQL { return db.sql }

// Bind numbers the placeholders of a statement as the database wants it.
func (l SQL) Bind(text string) string { return l.bind(text) }

// AdvancedPattern lets tests match by it.
func AdvancedPattern(pattern string) (string, error) { return advancedPattern(pattern) }

// KeepChanges makes the log of changes shorter.
func (db *DB) KeepChanges(n int64) { db.kept = n }

// Waiting is how many writers wait for their turn.
func (db *DB) Waiting() int {
	db.writers.mu.Lock()
	defer db.writers.mu.Unlock()
	return len(db.writers.waiting)
}
