package engine

import (
	"context"
	"encoding/json"

	"dewpoint/internal/perm"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Query runs a request on a table and calls f with the JSON text of each row, valid only during the call. A request with a key that
// finds nothing is NotFound.
func (e *Engine) Query(ctx context.Context, table string, r query.Request, f func(json.RawMessage) error) error {
	t, err := e.served(table)
	if err != nil {
		return err
	}
	return e.query(ctx, t, r, query.Options{}, func(row json.RawMessage, _ string) error { return f(row) })
}

// Versions is Query that also tells the version of each row, empty where nobody writes to the table: it names the state of all that clients
// can write of the row, so that a write can be made to depend on it.
func (e *Engine) Versions(ctx context.Context, table string, r query.Request, f func(row json.RawMessage, version string) error) error {
	t, err := e.served(table)
	if err != nil {
		return err
	}
	return e.query(ctx, t, r, query.Options{Versions: true}, f)
}

// Select reads rows into Go values by their JSON. Unlike Query it also sees hidden columns: it is for the resource dialect, which shapes
// its own replies.
func Select[T any](ctx context.Context, e *Engine, table string, r query.Request) ([]T, error) {
	rows := []T{}
	err := e.query(ctx, e.db.Schema.Table(table), r, query.Options{Hidden: true}, func(raw json.RawMessage, _ string) error {
		var row T
		if err := json.Unmarshal(raw, &row); err != nil {
			return err
		}
		rows = append(rows, row)
		return nil
	})
	return rows, err
}

func (e *Engine) query(ctx context.Context, t *schema.Table, r query.Request, opt query.Options, f func(json.RawMessage, string) error) error {
	if r.Key != "" {
		if _, err := keyOf(t, r.Key); err != nil {
			return err
		}
	}
	a, err := e.actor(ctx)
	if err != nil {
		return err
	}
	text, args, err := e.render(a, t, r, opt)
	if err != nil {
		return err
	}
	found := false
	err = e.db.Each(ctx, text, args, func(row json.RawMessage, version string) error {
		found = true
		return f(row, version)
	})
	if err == nil && r.Key != "" && !found {
		return e.notRead(ctx, a, t, r.Key)
	}
	return err
}

// notRead is the error of a row that isn't there or that can't be read: Denied when it may at least be listed.
func (e *Engine) notRead(ctx context.Context, a perm.Actor, t *schema.Table, text string) error {
	missing := store.NotFound(t, text)
	if a.Admin {
		return missing
	}
	key, err := keyOf(t, text)
	if err != nil {
		return err
	}
	return e.db.View(ctx, func(tx *store.Tx) error {
		r, err := tx.Get(t.Name, key)
		if err == nil {
			err = perm.Check(tx, a, perm.Read, r)
		}
		if err == nil {
			err = missing
		}
		return err
	})
}

// render turns a request into SQL.
func (e *Engine) render(actor perm.Actor, t *schema.Table, r query.Request, opt query.Options) (string, []any, error) {
	ast, err := query.Parse(r)
	if err != nil {
		return "", nil, err
	}
	plan, err := e.plan(actor, t, ast, opt)
	if err != nil {
		return "", nil, err
	}
	return e.db.Render(plan)
}
