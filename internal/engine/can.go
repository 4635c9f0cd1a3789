package engine

import (
	"context"

	"dewpoint/internal/perm"
	"dewpoint/internal/query"
	"dewpoint/internal/store"
)

// Object is a row, or without a key a whole table.
type Object struct{ Table, Key string }

// Rights is what the caller may do with an object. Create is to make rows of the table, or below the row. A row that the caller may
// not see, one that isn't there and an unknown table give nothing at all.
type Rights struct{ List, Read, Create, Modify, Delete bool }

// Can tells what the caller may do with each of the objects. Hooks may still refuse an operation that the rights allow.
func (e *Engine) Can(ctx context.Context, objects []Object) ([]Rights, error) {
	a, err := e.actor(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]Rights, len(objects))
	err = e.db.View(ctx, func(tx *store.Tx) error {
		for i, o := range objects {
			if all[i], err = e.can(tx, a, o); err != nil {
				return err
			}
		}
		return nil
	})
	return all, err
}

func (e *Engine) can(tx *store.Tx, a perm.Actor, o Object) (none Rights, err error) {
	t, err := e.served(o.Table)
	if err != nil {
		return none, nil
	}
	held := perm.HeldOnAll(a, t)
	if o.Key != "" {
		key, err := keyOf(t, o.Key)
		if err != nil {
			return none, nil
		}
		if held, err = perm.HeldOn(tx, a, t, key); err != nil {
			return none, err
		}
	}
	return Rights{held.Has(perm.List), held.Has(perm.Read), held.Has(perm.Create), held.Has(perm.Modify), held.Has(perm.Delete)}, nil
}

// MayCreate is Denied when the caller can't make any row of the table.
func (e *Engine) MayCreate(ctx context.Context, table string) error {
	a, err := e.actor(ctx)
	if err != nil {
		return err
	}
	return perm.MayCreate(a, e.db.Schema.Table(table))
}

// See is NotFound unless there is a row with the key that the caller may list or read.
func (e *Engine) See(ctx context.Context, table, text string) error {
	t, err := e.served(table)
	if err != nil {
		return err
	}
	a, err := e.actor(ctx)
	if err != nil {
		return err
	}
	_, err = e.seen(ctx, a, t, query.Request{Key: text})
	return err
}
