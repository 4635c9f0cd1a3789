package store

import (
	"database/sql"
	"encoding/json"
	"errors"
	"strconv"

	"dewpoint/internal/errs"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// Key keeps the rows with one of the keys.
func Key(keys ...schema.Value) Cond { return In(keyColumn, keys...) }

// Judge tells which of the tests the live row meets that which finds, by "$key" or "$row"; nil when there is none. It is one statement.
func (tx *Tx) Judge(t *schema.Table, which query.Expr, tests ...query.Expr) ([]bool, error) {
	plan, err := query.Judge(tx.db.Schema, t, tx.at, which, tests)
	if err != nil {
		return nil, err
	}
	text, args, err := tx.db.sql.Render(plan)
	if err != nil {
		return nil, err
	}
	args, done, err := tx.db.dialect.Arguments(tx.ctx, args)
	if err != nil {
		return nil, tx.db.classify(err)
	}
	defer done()
	var row string
	switch err := tx.row(text, args...).Scan(&row); {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, tx.db.classify(err)
	}
	var met map[string]bool
	if err := json.Unmarshal([]byte(row), &met); err != nil {
		return nil, errs.Wrap(err, errs.Internal, "bad_row", "what a row of %s meets can't be decoded", t.Name)
	}
	verdicts := make([]bool, len(tests))
	for i := range verdicts {
		verdicts[i] = met[strconv.Itoa(i)]
	}
	return verdicts, nil
}

// Own writes into the row that came with r whose it is, where its table has a column for that.
func (tx *Tx) Own(r *schema.Record, f *schema.Field) error {
	owner := tx.table(f.Ref).Owner
	if owner == "" {
		return nil
	}
	return tx.Change(f.Ref, r.Get(f.Name), schema.Set{owner: schema.TextValue(r.Table.Name + "/" + r.Key.Text())})
}
