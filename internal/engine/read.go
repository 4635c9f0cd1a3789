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
	_, err = e.query(ctx, t, r, query.Options{}, func(row json.RawMessage, _ string) error { return f(row) })
	return err
}

// Versions is Query that also tells the version of each row, empty where nobody writes to the table: it names the state of all that clients
// can write of the row, so that a write can be made to depend on it. Unknown are the names in fields that no column has, as "vnets.ip".
func (e *Engine) Versions(ctx context.Context, table string, r query.Request, f func(row json.RawMessage, version string) error) (unknown []string, err error) {
	t, err := e.served(table)
	if err != nil {
		return nil, err
	}
	return e.query(ctx, t, r, query.Options{Versions: true}, f)
}

func (e *Engine) query(ctx context.Context, t *schema.Table, r query.Request, opt query.Options, f func(json.RawMessage, string) error) ([]string, error) {
	if r.Key != "" {
		if _, err := keyOf(t, r.Key); err != nil {
			return nil, err
		}
	}
	a, err := e.actor(ctx)
	if err != nil {
		return nil, err
	}
	q, err := e.render(a, t, r, opt)
	if err != nil {
		return nil, err
	}
	found := false
	err = e.db.Each(ctx, q, func(row json.RawMessage, version string) error {
		found = true
		return f(row, version)
	})
	if err == nil && r.Key != "" && !found {
		err = e.lacking(ctx, a, t, r.Key, perm.Read)
	}
	return q.Unknown, err
}

// lacking is the error of a row that wasn't found by its key with the rights: NotFound when it isn't there or not a's to see, else Denied.
func (e *Engine) lacking(ctx context.Context, a perm.Actor, t *schema.Table, text string, rights ...perm.Right) error {
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
		if err != nil {
			return err
		}
		held, err := perm.Ask(tx, a, r, rights...)
		for _, right := range rights {
			if err == nil {
				err = held.Check(right)
			}
		}
		if err == nil {
			err = missing
		}
		return err
	})
}

// render turns a request into a statement.
func (e *Engine) render(actor perm.Actor, t *schema.Table, r query.Request, opt query.Options) (*store.Query, error) {
	key, lasting := keyOfPlan(actor, t, r, opt)
	if lasting {
		if q := e.plans.get(key); q != nil {
			return q, nil
		}
	}
	ast, err := query.Parse(r)
	if err != nil {
		return nil, err
	}
	keep := func(p *query.Plan, q *store.Query) {
		if lasting && !p.Timed {
			e.plans.put(key, q)
		}
	}
	return e.statement(actor, func() (*query.Plan, error) { return e.plan(actor, t, ast, opt) }, keep)
}

// statement renders what plan makes for an actor. It makes it anew when rows lead to tables that nobody knew of.
// Keep, where it is given, is called with each that was made.
func (e *Engine) statement(actor perm.Actor, plan func() (*query.Plan, error), keep func(*query.Plan, *store.Query)) (*store.Query, error) {
	var again func() (*store.Query, error)
	again = func() (*store.Query, error) {
		p, err := plan()
		if err != nil {
			return nil, err
		}
		q, err := e.db.Render(p)
		if err != nil {
			return nil, err
		}
		q.Caller, q.Again = actor.User, again
		if keep != nil {
			keep(p, q)
		}
		return q, nil
	}
	return again()
}
