package engine

import (
	"context"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Prepare brings rows that older versions wrote up to date and makes what the system must have: owners of owned rows, identities,
// seals, and what hooks make. It may be run at every start, once there is an administrator.
func (e *Engine) Prepare(ctx context.Context) error {
	return e.db.Update(ctx, func(tx *store.Tx) error {
		for _, t := range tx.Schema().Tables() {
			for _, f := range t.Fields {
				if f.IsSealed {
					if err := e.sealPlain(tx, t, f); err != nil {
						return err
					}
				}
				if f.Bond == schema.Twin {
					if err := addTwins(tx, t, f); err != nil {
						return err
					}
				}
				if f.Bond != schema.Owned || tx.Schema().Table(f.Ref).Owner == "" {
					continue
				}
				if err := adopt(tx, t, f); err != nil {
					return err
				}
			}
		}
		for _, t := range tx.Schema().Tables() {
			if h := e.hooks[t.Name]; h.Prepare != nil {
				if err := h.Prepare(tx); err != nil {
					return err
				}
			}
		}
		return nil
	})
}

// addTwins gives each row of t the twin that it ought to have by f: what older versions made may lack one.
func addTwins(tx *store.Tx, t *schema.Table, f *schema.Field) error {
	rows, err := tx.Find(t.Name, store.KeyOutside(f.Ref))
	if err != nil {
		return err
	}
	for _, r := range rows {
		if _, err := tx.EnsureTwin(f, r.Key); err != nil {
			return err
		}
	}
	return nil
}

// adopt gives each row of t the row that it ought to own by f, and tells that whose it is.
func adopt(tx *store.Tx, t *schema.Table, f *schema.Field) error {
	owned := tx.Schema().Table(f.Ref)
	lacking, err := tx.Find(t.Name, store.Eq(f.Name, schema.Value{}))
	if err != nil {
		return err
	}
	for _, r := range lacking {
		key, err := tx.Create(schema.NewRecord(owned), nil)
		if err == nil {
			err = tx.Change(t.Name, r.Key, schema.Set{f.Name: key})
		}
		if err != nil {
			return err
		}
	}
	orphans, err := tx.Find(owned.Name, store.Eq(owned.Owner, schema.Value{}))
	if err != nil {
		return err
	}
	for _, o := range orphans {
		owners, err := tx.Find(t.Name, store.Eq(f.Name, o.Key))
		if err != nil {
			return err
		}
		for _, r := range owners {
			if err := tx.Own(r, f); err != nil {
				return err
			}
		}
	}
	return nil
}
