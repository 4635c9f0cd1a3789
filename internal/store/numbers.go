package store

import (
	"slices"
)

// Numbers returns the last number that was given to a row, by table; tables that never had a row may be missing. Those of the log of changes
// are among them.
func (tx *Tx) Numbers() (map[string]int64, error) {
	rows, err := tx.rows(tx.db.dialect.Numbers())
	if err != nil {
		return nil, tx.db.classify(err)
	}
	defer rows.Close()
	last := map[string]int64{}
	for rows.Next() {
		var table string
		var n int64
		if err := rows.Scan(&table, &n); err != nil {
			return nil, tx.db.classify(err)
		}
		last[table] = n
	}
	return last, tx.db.classify(rows.Err())
}

// StartOver is for a database that takes the place of another, which gave out numbers and told of changes that this one knows nothing of. From
// now on the numbers of rows are higher than those of past, by table, and than least in every table; and the log of changes begins
// anew behind those of past, so that a feed that saw the other database reads everything again. The transaction has to change a row.
func (tx *Tx) StartOver(past map[string]int64, least int64) error {
	if _, err := tx.exec(`DELETE FROM "_changes"`); err != nil {
		return err
	}
	given, err := tx.Numbers()
	if err != nil {
		return err
	}
	for _, t := range append(slices.Clip(tx.db.Schema.Tables()), changeLog) {
		last := max(given[t.Name], past[t.Name], least)
		if last == given[t.Name] {
			continue
		}
		if err := tx.db.dialect.Renumber(tx.ctx, tx.sql, t.Name, numberColumn(t), last); err != nil {
			return tx.db.classify(err)
		}
	}
	return nil
}

// LogName is the name by which the log of changes is among the Numbers.
func LogName() string { return changeLog.Name }
