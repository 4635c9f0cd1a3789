package store

import "dewpoint/internal/schema"

// row is a generated struct that knows its table.
type row[T any] interface {
	*T
	TableName() string
	Scan(*schema.Record)
}

// GetRow reads one live row, or with Everything any, into its generated struct; a missing one is NotFound.
func GetRow[T any, P row[T]](tx *Tx, key schema.Value, conds ...Cond) (T, error) {
	var t T
	r, err := tx.Get(P(&t).TableName(), key, conds...)
	if err == nil {
		P(&t).Scan(r)
	}
	return t, err
}

// FindRows reads the rows that meet all conditions into their generated structs, in the order of their keys.
func FindRows[T any, P row[T]](tx *Tx, conds ...Cond) ([]T, error) {
	var t T
	found, err := tx.Find(P(&t).TableName(), conds...)
	if err != nil {
		return nil, err
	}
	rows := make([]T, len(found))
	for i, r := range found {
		P(&rows[i]).Scan(r)
	}
	return rows, nil
}
