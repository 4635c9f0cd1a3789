package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// The readers of this file put rows into Go values by their JSON. Unlike Query they also see hidden columns: they are for the resource
// dialect, which shapes its own replies. Each asks for its right itself, so that no operation can show a row by the right to do something
// else with it.

// List reads the rows that the caller may list.
func List[T any](ctx context.Context, e *Engine, table string, r query.Request) ([]T, error) {
	a, err := e.actor(ctx)
	if err != nil {
		return nil, err
	}
	return rowsOf[T](ctx, e, a, table, r, perm.Guard(a, perm.List))
}

// One reads the one row that a request finds: the first of those that the caller may see, by List or Read. It is NotFound when there is
// none, and Denied when the caller lacks one of the rights on it: Read for what shows the row whole, else the right of what will be
// done with it.
func One[T any](ctx context.Context, e *Engine, table string, r query.Request, right perm.Right, more ...perm.Right) (row T, err error) {
	a, err := e.actor(ctx)
	if err != nil {
		return row, err
	}
	t, rights := e.db.Schema.Table(table), append([]perm.Right{right}, more...)
	key, err := e.seen(ctx, a, t, r)
	if err != nil {
		return row, err
	}
	found, err := rowsOf[T](ctx, e, a, table, query.Request{Fields: r.Fields, Key: key}, func(t *schema.Table) query.Expr {
		all := query.True()
		for _, right := range rights {
			all = query.And(all, perm.Guard(a, right)(t))
		}
		return all
	})
	if err != nil || len(found) > 0 {
		return first(found), err
	}
	return row, e.lacking(ctx, a, t, key, rights...)
}

// Made reads a row that the request itself has made, whatever the caller holds: it shows the caller what came of what it gave.
func Made[T any](ctx context.Context, e *Engine, table string, r query.Request) (row T, err error) {
	a, t := perm.System("made"), e.db.Schema.Table(table)
	r.Limit = "1"
	found, err := rowsOf[T](ctx, e, a, table, r, perm.Guard(a, perm.Read))
	if err == nil && len(found) == 0 {
		err = store.NotFound(t, wanted(r))
	}
	return first(found), err
}

func first[T any](rows []T) (row T) {
	if len(rows) > 0 {
		row = rows[0]
	}
	return row
}

// rowsOf reads the rows that meet root as the actor.
func rowsOf[T any](ctx context.Context, e *Engine, a perm.Actor, table string, r query.Request, root func(*schema.Table) query.Expr) ([]T, error) {
	q, err := e.render(a, e.db.Schema.Table(table), r, query.Options{Hidden: true, Root: root})
	if err != nil {
		return nil, err
	}
	rows := []T{}
	err = e.db.Each(ctx, q, func(raw json.RawMessage, _ string) error {
		var row T
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		if err := d.Decode(&row); err != nil {
			return errs.Wrap(err, errs.Internal, "bad_row", "a row of %s can't be decoded", table)
		}
		rows = append(rows, row)
		return nil
	})
	return rows, err
}

// seen returns the key of the first row that the request finds among those that a may list or read.
func (e *Engine) seen(ctx context.Context, a perm.Actor, t *schema.Table, r query.Request) (string, error) {
	if r.Key != "" {
		if _, err := keyOf(t, r.Key); err != nil {
			return "", err
		}
	}
	r.Fields, r.Limit = "$key", "1"
	found, err := rowsOf[struct {
		Key any `json:"$key"`
	}](ctx, e, a, t.Name, r, perm.Seen(a))
	if err == nil && len(found) == 0 {
		err = store.NotFound(t, wanted(r))
	}
	return fmt.Sprint(first(found).Key), err
}

// wanted is what a request names its row by, for texts.
func wanted(r query.Request) string {
	for _, name := range []string{"name", "uuid"} {
		if r.Key == "" && r.Equals[name] != "" {
			return r.Equals[name]
		}
	}
	return r.Key
}

// AnyMeets reports whether one of the rows with the keys meets a request, and may be listed by the actor.
func (e *Engine) AnyMeets(ctx context.Context, a perm.Actor, t *schema.Table, ast *query.AST, keys []schema.Value) (found bool, err error) {
	q, err := e.statement(a, func() (*query.Plan, error) {
		plan, err := e.plan(a, t, ast, query.Options{})
		if err == nil {
			plan.Among(keys)
		}
		return plan, err
	}, nil)
	if err != nil {
		return false, err
	}
	err = e.db.Each(ctx, q, func(json.RawMessage, string) error {
		found = true
		return nil
	})
	return found, err
}
