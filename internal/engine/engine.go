// Package engine is the one path that every request of both dialects takes to the tables: authorise, coerce, default, check, write, log,
// all in one transaction; controllers hear of it after the commit. What a single table needs beyond its declaration is a hook, which
// internal/tables has.
package engine

import (
	"context"
	"errors"
	"log/slog"

	"dewpoint/internal/errs"
	"dewpoint/internal/event"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Engine serves requests on one database. It is safe for concurrent use.
type Engine struct {
	db      *store.DB
	bus     *event.Bus
	secrets Secrets
	hooks   map[string]Hooks
	log     *slog.Logger
	grants  grantCache
	plans   planCache
	tail    logTail
	shared  sharedFeeds
}

// New makes an engine. The hooks are by table; a table that needs none has no entry.
func New(db *store.DB, bus *event.Bus, secrets Secrets, hooks map[string]Hooks, log *slog.Logger) *Engine {
	e := &Engine{db: db, bus: bus, secrets: secrets, hooks: hooks, log: log, plans: newPlanCache()}
	db.Watch(e.grants.watch)
	return e
}

// Schema returns the declarations.
func (e *Engine) Schema() *schema.Schema { return e.db.Schema }

// Bus returns the bus that tells of committed changes.
func (e *Engine) Bus() *event.Bus { return e.bus }

// Write is one request's transaction, by one actor. Several operations in one Write happen together or not at all.
type Write struct {
	tx    *store.Tx
	actor perm.Actor
	eng   *Engine
	// Response is what the client is to read beside the key: those of rows that were made with the row, such as the machine of a VM, and what
	// a hook has to say.
	Response map[string]string
	// Operations are the keys of the operations that were begun; the reply names them.
	Operations []int64
	// Idle are columns that were given a value which counts for nothing as their rows are now.
	Idle []*schema.Field
	// Answers are further members of the reply, which the action declares.
	Answers map[string]any
	made    made
	// digests are of passwords, made before this transaction.
	digests map[string]string
	ended   *endings
}

// endings are called once the transaction has ended, whether it was committed or not.
type endings []func()

func (e *endings) add(f func()) { *e = append(*e, f) }

func (e *endings) call() {
	for _, f := range *e {
		f()
	}
}

// Do runs f in one transaction as the actor of ctx. When f sets a password it is called, and undone, once more for each: the digest of a
// password takes long to make and is made while nobody waits for the writer.
func (e *Engine) Do(ctx context.Context, f func(*Write) error) error {
	return e.run(ctx, e.db.Update, f)
}

// DoAs is Do in the name of the actor that a first look at the transaction finds; ok is false when there is nothing to be done.
func (e *Engine) DoAs(ctx context.Context, find func(*store.Tx) (a perm.Actor, ok bool, err error), f func(*Write) error) error {
	return e.Do(ctx, func(w *Write) error {
		a, ok, err := find(w.tx)
		if err != nil || !ok {
			return err
		}
		w.actor = a
		return f(w)
	})
}

// run is Do in a given kind of transaction.
func (e *Engine) run(ctx context.Context, in func(context.Context, func(*store.Tx) error) error, f func(*Write) error) error {
	digests := map[string]string{}
	ended := &endings{}
	defer ended.call()
	for {
		err := in(ctx, func(tx *store.Tx) error {
			a, err := e.actorIn(ctx, tx)
			if err != nil {
				return err
			}
			w := &Write{tx: tx, actor: a, eng: e, Response: map[string]string{}, Answers: map[string]any{}, made: made{}, digests: digests, ended: ended}
			if err := f(w); err != nil {
				return err
			}
			return w.tellPending()
		})
		var wanted *needDigest
		if !errors.As(err, &wanted) {
			return err
		}
		if digests[wanted.password], err = e.secrets.HashPassword(ctx, wanted.password); err != nil {
			return err
		}
	}
}

// Created is the outcome of a create: the new row, and what the client is to read beside its key. An action makes no row.
type Created struct {
	*schema.Record
	Response map[string]string
}

// Create makes a row out of what a client sent.
func (e *Engine) Create(ctx context.Context, table string, in schema.Input) (*Created, error) {
	var out *Created
	err := e.Do(ctx, func(w *Write) error {
		made, err := w.Create(table, in)
		out = &Created{made, w.Response}
		return err
	})
	return out, err
}

// Update changes columns of a row. An empty input is a change of nothing, and succeeds on a row that is there.
func (e *Engine) Update(ctx context.Context, table, key string, in schema.Input) error {
	return e.Do(ctx, func(w *Write) error { return w.Update(table, key, in) })
}

// Delete deletes a row and what goes with it.
func (e *Engine) Delete(ctx context.Context, table, key string) error {
	return e.Do(ctx, func(w *Write) error { return w.Delete(table, key) })
}

// Act does an action to a row. The outcome's Response is empty unless the action has something to say.
func (e *Engine) Act(ctx context.Context, table, key, name string, params schema.Input) (*Created, error) {
	out := &Created{}
	err := e.Do(ctx, func(w *Write) error {
		err := w.Act(table, key, name, params)
		out.Response = w.Response
		return err
	})
	return out, err
}

// served returns the declaration of a table that clients may address.
func (e *Engine) served(name string) (*schema.Table, error) {
	t := e.db.Schema.Table(name)
	if t == nil || t.Internal {
		return nil, errs.New(errs.NotFound, "no_table", "there is no table '%s'; the API document lists them", name)
	}
	return t, nil
}

// keyOf reads the text of a key; one that can't be a key of the table is a row that isn't there.
func keyOf(t *schema.Table, text string) (schema.Value, error) {
	key, ok := t.ReadKey(text)
	if !ok {
		return schema.Value{}, store.NotFound(t, text)
	}
	return key, nil
}
