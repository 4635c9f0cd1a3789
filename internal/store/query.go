package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"dewpoint/internal/query"
)

// Query is a plan turned into a statement of this database. It is run once, by Each.
type Query struct {
	Text string
	Args []any
	// Caller is whose request it is; those of one caller wait for each other. 0 is the manager itself.
	Caller int64
	// Unknown are the names in the request's fields that no column has.
	Unknown []string
	// Total is how many rows meet the request whatever its limit, where the plan counts; it is there from the first row on.
	Total int64
	// Again plans the query anew when its rows lead to more tables than the plan has.
	Again    func() (*Query, error)
	members  []member // that the cells of a row are; none when the first cell is the JSON text of the row
	narrow   bool
	counts   bool
	presumed []query.Presumed
	export   func()
	known    *known
}

// known is what is found out about a text when it is asked for, once for all queries that have it.
type known struct {
	reads  func() []string
	digest func() [sha256.Size]byte
}

// Fresh returns the query as one that has yet to be run.
func (q *Query) Fresh() *Query {
	return &Query{
		Text: q.Text, Args: q.Args, Caller: q.Caller, Unknown: q.Unknown, Again: q.Again,
		members: q.members, narrow: q.narrow, counts: q.counts, presumed: q.presumed, known: q.known,
	}
}

// Reads lists the tables that the query reads, as Reads does of its text.
func (q *Query) Reads() []string { return q.known.reads() }

// Digest stands for the text of the query and what its rows are made into.
func (q *Query) Digest() [sha256.Size]byte { return q.known.digest() }

// Grows reports whether the query may come to read more tables than its text has.
func (q *Query) Grows() bool { return len(q.presumed) > 0 }

// Pattern is an argument of a statement that is a regular expression.
type Pattern string

// Render turns a plan into a statement for this database.
func (db *DB) Render(p *query.Plan) (*Query, error) {
	text, args, members, err := db.sql.renderCells(p)
	of := &known{
		reads:  sync.OnceValue(func() []string { return Reads(text) }),
		digest: sync.OnceValue(func() [sha256.Size]byte { return sha256.Sum256([]byte(text + labelled(members))) }),
	}
	return &Query{
		Text: text, Args: args, Unknown: p.Unknown,
		members: members, narrow: p.Narrow(), counts: p.Count, presumed: p.Presumed, known: of,
	}, err
}

// Export is called from within Each when the rows are sent on as they come, so that the client decides how long it takes: then the query has
// more time, and no other one waits for it. No more than Exports may do so at once.
func (q *Query) Export() {
	if q.export != nil {
		q.export()
	}
}

// Each runs a query and calls f with the JSON text of each row, which is valid only during the call, and with its version where the plan
// asked for that. One that may look at whole tables waits for its turn and has a connection beside those for looking rows up. What takes
// too long is stopped: Invalid when it looked at too much, Unavailable when it didn't get that far.
func (db *DB) Each(ctx context.Context, q *Query, f func(row json.RawMessage, version string) error) error {
	if q.narrow {
		ctx, cancel := db.limited(ctx)
		defer cancel()
		return db.each(ctx, db.pools.Read, db.statements, q, f)
	}
	if err := db.turns.take(ctx, q.Caller, db.Limits.Turn); err != nil {
		return db.classify(err)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	timer := time.AfterFunc(db.Limits.Scan, func() { cancel(errSlow) })
	defer timer.Stop()
	turn := true
	giveBack := func() {
		if turn {
			turn = false
			db.turns.give(q.Caller)
		}
	}
	defer func() { giveBack() }()
	q.export = func() {
		timer.Reset(db.Limits.Export)
		giveBack()
	}
	return db.each(ctx, db.pools.Scan, db.scans, q, f)
}

// each runs a query, planned again until it has all tables that its rows lead to: those that are known only grow.
func (db *DB) each(ctx context.Context, pool *sql.DB, prepared *statementCache, q *Query, f func(json.RawMessage, string) error) error {
	for {
		err := db.once(ctx, pool, prepared, q, f)
		if !errors.Is(err, errLeads) || q.Again == nil {
			return err
		}
		fresh, err := q.Again()
		if err != nil {
			return err
		}
		q.Text, q.Args, q.members, q.presumed, q.known = fresh.Text, fresh.Args, fresh.members, fresh.presumed, fresh.known
	}
}
