package store

import (
	"database/sql"
	"errors"

	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// Key keeps the rows with one of the keys.
func Key(keys ...schema.Value) Cond { return In(keyColumn, keys...) }

// Any reports whether the table has a live row that meets e.
func (tx *Tx) Any(t *schema.Table, e query.Expr) (bool, error) {
	guard := func(*schema.Table) query.Expr { return e }
	plan, err := query.Build(tx.db.Schema, t, &query.AST{Fields: []query.Item{}, Limit: 1}, query.Options{Root: guard, Now: tx.at})
	if err != nil {
		return false, err
	}
	q, err := tx.db.Render(plan)
	if err != nil {
		return false, err
	}
	args, done, err := tx.db.Dialect.Arguments(tx.ctx, q.Args)
	if err != nil {
		return false, tx.db.classify(err)
	}
	defer done()
	var row string
	switch err := tx.sql.QueryRowContext(tx.ctx, q.Text, args...).Scan(&row); {
	case errors.Is(err, sql.ErrNoRows):
		return false, nil
	case err != nil:
		return false, tx.db.classify(err)
	}
	return true, nil
}

// Own writes into the row that came with r whose it is, where its table has a column for that.
func (tx *Tx) Own(r *schema.Record, f *schema.Field) error {
	owner := tx.table(f.Ref).Owner
	if owner == "" {
		return nil
	}
	return tx.Change(f.Ref, r.Get(f.Name), schema.Set{owner: schema.TextValue(r.Table.Name + "/" + r.Key.Text())})
}
