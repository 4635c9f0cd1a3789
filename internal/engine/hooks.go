package engine

import (
	"dewpoint/internal/operation"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Hooks is what a table does beyond its declaration. Each runs inside the transaction and may write other rows.
type Hooks struct {
	// Create completes a new record before it is checked and written.
	Create func(w *Inside, r *schema.Record) error
	// Created runs once the record has its key.
	Created func(w *Inside, r *schema.Record) error
	// Live may refuse whatever will be done to a row, before anything else is said of it.
	Live func(w *Inside, r *schema.Record) error
	// Update may refuse or extend the changes to a live row.
	Update func(w *Inside, old *schema.Record, set schema.Set) error
	// Changed runs after a row was made (old is nil), changed, or deleted by its own key (now is nil).
	Changed func(w *Inside, old, now *schema.Record) error
	// Settled runs after any row of the table was made, changed or deleted, and may still refuse.
	Settled func(w *Inside) error
	// Remove may refuse the deletion of a row.
	Remove func(w *Inside, r *schema.Record) error
	// Taken may refuse that the bytes of a row are downloaded.
	Taken func(w *Inside, r *schema.Record) error
	// Actions carry out what the declaration lists.
	Actions map[string]Action
	// Prepare makes, at each start, what the system must have of the table.
	Prepare func(tx *store.Tx) error
}

// Action carries out an action upon a row.
type Action func(w *Inside, r *schema.Record, params schema.Set) error

// Inside is the write that a hook is a part of. Only hooks are handed one: nobody else gets at the transaction, past rights and log.
type Inside struct {
	*Write
	Tx    *store.Tx
	Actor perm.Actor
	// Given is what the client sent for the row in hand, with members that are no columns; of an action, its params.
	Given schema.Input
	// Inner are the columns that the program gave beside, which no client can write.
	Inner schema.Set
}

func (w *Write) inside(given schema.Input, inner schema.Set) *Inside {
	return &Inside{Write: w, Tx: w.tx, Actor: w.actor, Given: given, Inner: inner}
}

// Begin makes an operation about a row in this transaction, and names it in the reply.
func (w *Inside) Begin(r *schema.Record, p operation.Params) error { return w.begin(r, p) }

// Apply puts the rows below r in force whose waiting the column need tells, and notes when.
func (w *Inside) Apply(r *schema.Record, need, when schema.Named) error {
	return w.apply(r, need.Name(), when.Name())
}

// Digest returns what is stored of a new password. Where it isn't made yet it is an error, upon which the request is run again.
func (w *Inside) Digest(password string) (schema.Value, error) {
	digest, ok := w.digests[password]
	if !ok {
		return schema.Value{}, &needDigest{password}
	}
	return schema.TextValue(digest), nil
}

// AtEnd has f called once the transaction has ended, whether it was committed or not.
func (w *Inside) AtEnd(f func()) { w.ended.add(f) }

// See is NotFound unless the row is there and the actor may see it.
func (w *Inside) See(table, key string) error {
	_, _, _, err := w.live(table, key)
	return err
}

// CheckRequest is Invalid when the actor can't ask a table so.
func (w *Inside) CheckRequest(t *schema.Table, ast *query.AST) error {
	_, err := w.eng.plan(w.actor, t, ast, query.Options{})
	return err
}

// Run does an action to a row whose rights were asked for: it is a part of what the client wants.
func (w *Inside) Run(r *schema.Record, action string) error {
	return w.eng.hooks[r.Table.Name].Actions[action](w.inside(nil, nil), r, nil)
}

// Identities lists those of a user or a group and of the enabled groups that it belongs to.
func (w *Inside) Identities(r *schema.Record) ([]schema.Value, error) {
	return identitiesFrom(w.Tx, []*schema.Record{r})
}
