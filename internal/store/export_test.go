package store

// Bind lets tests write rows past all rules.
func (l SQL) Bind(text string) string { return l.bind(text) }

// AdvancedPattern lets tests match by it.
func AdvancedPattern(pattern string) (string, error) { return advancedPattern(pattern) }

// KeepChanges makes the log of changes shorter.
func (db *DB) KeepChanges(n int64) { db.kept = n }
