package store

import (
	"context"
	"fmt"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

const (
	// keptChanges is how many entries of the log of changes are kept at least: who was away longer must read anew.
	keptChanges = 100_000
	// pruneEvery is after how many entries the oldest ones go, in the transaction that writes the last of them: a few milliseconds, once
	// in thousands of writes.
	pruneEvery = 4096
	// entriesPerInsert keeps a statement below the 32,766 arguments that SQLite takes.
	entriesPerInsert = 500
)

// changeLog is the log of changes: which rows each committed transaction touched, in the order of the commits. It is no table of the
// schema: nobody declares, serves or watches it. A key never comes back, so that who has seen an entry can say so by its key.
var changeLog = &schema.Table{Name: "_changes", Internal: true, Fields: schema.Fields{
	schema.String("table"), schema.String("key"), schema.Int64("verb"), schema.Int64("at"),
}}

// Logged is an entry of the log of changes. Its verb is Created, Changed or Deleted; its table is nil when only another version of the
// program has it.
type Logged struct {
	Seq int64
	Change
}

// Changes returns what the transaction has done so far, in order.
func (tx *Tx) Changes() []Change { return tx.changes }

// lastChange finds the number of the last entry.
const lastChange = `SELECT coalesce(max("_key"), 0) FROM "_changes"`

// LastChange returns the number of the last committed entry of the log, 0 when there was none. Each request on a shared database asks for it, so it
// is one statement without a transaction around it.
func (db *DB) LastChange(ctx context.Context) (last int64, err error) {
	ctx, cancel := db.limited(ctx)
	defer cancel()
	err = db.pools.Read.QueryRowContext(ctx, db.traced(lastChange)).Scan(&last)
	return last, db.ended(ctx, err)
}

// LastChange is that of the database as the transaction sees it: its own changes are numbered at the end.
func (tx *Tx) LastChange() (last int64, err error) {
	err = tx.row(lastChange).Scan(&last)
	return last, tx.db.classify(err)
}

// ChangesSince reads up to most entries behind the entry seq, oldest first. It is NotFound when the log doesn't reach back to seq, or
// never had it, as after the database was restored from a backup.
func (db *DB) ChangesSince(ctx context.Context, seq int64, most int) (found []Logged, err error) {
	err = db.View(ctx, func(tx *Tx) error {
		if err := tx.remembers(seq); err != nil {
			return err
		}
		text := `SELECT "_key", "table", "key", "verb" FROM "_changes" WHERE "_key" > ? ORDER BY "_key" LIMIT ?`
		rows, err := tx.sql.QueryContext(ctx, db.sql.bind(text), seq, most)
		if err != nil {
			return db.classify(err)
		}
		defer rows.Close()
		for rows.Next() {
			var l Logged
			var table, key string
			if err := rows.Scan(&l.Seq, &table, &key, &l.Verb); err != nil {
				return db.classify(err)
			}
			if l.Table = db.Schema.Table(table); l.Table != nil {
				if known, ok := l.Table.ReadKey(key); ok { // else any row may have changed
					l.Key = known
				}
			}
			found = append(found, l)
		}
		return db.classify(rows.Err())
	})
	return found, err
}

// remembers fails unless all entries behind seq are in the log.
func (tx *Tx) remembers(seq int64) error {
	var first, last int64
	err := tx.row(`SELECT coalesce(min("_key"), 0), coalesce(max("_key"), 0) FROM "_changes"`).Scan(&first, &last)
	if err != nil {
		return tx.db.classify(err)
	}
	if seq < first-1 || seq > last {
		return errs.New(errs.NotFound, "change_forgotten", "change %d is no longer kept; read the rows again", seq)
	}
	return nil
}

// logChanges writes what the transaction did to the log and returns the number of the last entry, 0 for none.
func (tx *Tx) logChanges() (last int64, err error) {
	entries := Summary(tx.changes)
	for len(entries) > 0 {
		n := min(len(entries), entriesPerInsert)
		if last, err = tx.insertEntries(entries[:n]); err != nil {
			return 0, err
		}
		if last/pruneEvery != (last-int64(n))/pruneEvery {
			if _, err := tx.exec(`DELETE FROM "_changes" WHERE "_key" <= ?`, last-tx.db.kept); err != nil {
				return 0, err
			}
		}
		entries = entries[n:]
	}
	return last, nil
}

func (tx *Tx) insertEntries(entries []Change) (last int64, err error) {
	args := make([]any, 0, 4*len(entries))
	for _, c := range entries {
		args = append(args, c.Table.Name, c.Key.Text(), int64(c.Verb), tx.at.Unix())
	}
	marks := strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?), ", len(entries)), ", ")
	text := fmt.Sprintf(`INSERT INTO "_changes" ("table", "key", "verb", "at") VALUES %s RETURNING "_key"`, marks)
	rows, err := tx.rows(tx.db.sql.bind(text), args...)
	if err != nil {
		return 0, tx.db.classify(err)
	}
	defer rows.Close()
	for rows.Next() {
		var seq int64
		if err := rows.Scan(&seq); err != nil {
			return 0, tx.db.classify(err)
		}
		last = max(last, seq)
	}
	return last, tx.db.classify(rows.Err())
}

// Summary tells what became of each row by the end of a transaction, in the order in which the rows were last touched.
func Summary(changes []Change) []Change {
	type row struct {
		table *schema.Table
		key   schema.Value
	}
	verbs, last := make(map[row]Verb, len(changes)), make(map[row]int, len(changes))
	columns := map[row][]string{}
	for i, c := range changes {
		verb, id := c.Verb, row{c.Table, c.Key}
		if verb == Purged && c.Table.Tombstone {
			continue // it has been deleted for clients since the tombstone was made
		}
		if verb == Purged {
			verb = Deleted
		}
		if before, touched := verbs[id]; touched && verb == Changed {
			verb = before
		}
		verbs[id], last[id] = verb, i
		columns[id] = append(columns[id], c.Columns...)
	}
	out := make([]Change, 0, len(verbs))
	for i, c := range changes {
		id := row{c.Table, c.Key}
		if at, ok := last[id]; ok && at == i {
			out = append(out, Change{c.Table, c.Key, verbs[id], columns[id]})
		}
	}
	return out
}
