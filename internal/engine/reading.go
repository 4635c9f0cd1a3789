package engine

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"dewpoint/internal/perm"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Exports is how many readings may be sent on as they come at once.
const Exports = store.Exports

// Reading is a request on a table that has been worked out for one caller, at one moment, but not run.
type Reading struct {
	eng   *Engine
	actor perm.Actor
	table *schema.Table
	key   string // that was asked for; empty for a list
	query *store.Query
}

// Reading works out a request on a table for the actor of ctx; count asks for the total, too.
func (e *Engine) Reading(ctx context.Context, table string, r query.Request, count bool) (*Reading, error) {
	t, err := e.served(table)
	if err != nil {
		return nil, err
	}
	out := &Reading{eng: e, table: t, key: r.Key}
	if out.actor, err = e.actor(ctx); err != nil {
		return nil, err
	}
	out.query, err = e.render(out.actor, t, r, query.Options{Count: count})
	return out, err
}

// plan resolves a request for a caller: a row asked for by its key has to be readable, those of a list listable, unless the options say
// what else the rows must meet; and all that they lead to readable.
func (e *Engine) plan(actor perm.Actor, t *schema.Table, ast *query.AST, opt query.Options) (*query.Plan, error) {
	if opt.Root == nil && ast.Key != "" {
		opt.Root = perm.Guard(actor, perm.Read)
	} else if opt.Root == nil {
		opt.Root = perm.Guard(actor, perm.List)
	}
	opt.Guard, opt.Now, opt.Present = perm.Guard(actor, perm.Read), e.db.Now(), e.db.Leads
	return query.Build(e.db.Schema, t, ast, opt)
}

// Unknown are the names in fields that no column has, as "vnets.ip"; rows are without them.
func (r *Reading) Unknown() []string { return r.query.Unknown }

// Tag returns a text that stays the same only while an answer would: it is made of the statement, in which the caller's rights stand, and of
// how often the tables that it reads have changed in this run of the program. It costs no look at the database. Take it before Each.
func (r *Reading) Tag() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%d\n%x\n%#v", r.eng.bus.Boot(), r.eng.bus.Version(r.query.Reads()), r.query.Digest(), r.query.Args)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:15])
}

// Each runs the request and calls f with the JSON text of each row, valid only during the call. When a key was asked for and nothing is
// found, it is NotFound.
func (r *Reading) Each(ctx context.Context, f func(json.RawMessage) error) error {
	found := false
	err := r.eng.db.Each(ctx, r.query, func(raw json.RawMessage, _ string) error {
		found = true
		return f(raw)
	})
	if err == nil && r.key != "" && !found {
		return r.eng.lacking(ctx, r.actor, r.table, r.key, perm.Read)
	}
	return err
}

// Total is how many rows meet the request and may be listed, whatever its limit and offset are, where the count was asked for. It is known once Each calls f, or
// has ended.
func (r *Reading) Total() int64 { return r.query.Total }

// Export is called from within Each when the rows are sent on as they come, at the pace of who reads them.
func (r *Reading) Export() { r.query.Export() }
