package engine

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

const (
	// logBatch is how many entries of the log of changes are worked off at once.
	logBatch = 1000
	// listTime is how long after a feed was opened, or has told to read anew, its client may be reading the list.
	listTime = 30 * time.Second
	// mostTracked bounds the rows of a feed that has to remember them, which takes about a hundred bytes for each.
	mostTracked = 20_000
)

// rightsTables hold what a caller's rights follow from: when they change, those who are no administrators must be looked at anew.
var rightsTables = []string{"permissions", "groups", "members", "identities"}

// CredentialTables lists the tables that say who may come in.
func CredentialTables() []string { return slices.Clone(credentialTables) }

var credentialTables = []string{"users", "user_api_keys", "sessions"}

// The kinds of events.
const (
	EventCreated = "created"
	EventChanged = "changed"
	EventDeleted = "deleted"
	EventReset   = "reset" // what came before may have gaps: read anew
)

// Event is one message of a feed. To begin again behind an event is to miss nothing: ids never fall, and all that has a lower id was sent.
type Event struct {
	ID   int64
	Kind string
	Data json.RawMessage // the row; of a deleted row only its $key
}

// Feed follows the rows of a table that meet a filter and that one caller may see, from a place in the log of changes on. Several changes
// of a row between two reads are one event. It is not safe for concurrent use.
//
// When rows of other tables decide what is shown, or the caller may not see all rows, the feed remembers what it has shown: then it finds
// out what such a change does by reading all rows and comparing, and tells of no row that the caller hasn't seen.
type Feed struct {
	eng      *Engine
	table    *schema.Table
	ast      *query.AST
	only     []schema.Value // the rows that it is about; nil for all
	actor    perm.Actor
	reads    []string // tables that the request reads, as far as rows lead to them
	grows    bool     // they may get more
	decide   []string // those of them that decide which rows are shown
	cursor   int64    // the last entry of the log that was worked off
	seen     map[string]uint64
	pending  []Event // of the time before the feed was opened, up to the entry opened
	opened   int64
	listing  time.Time // until when the client may be reading the list, with rows that were never shown here
	doubtful bool      // the caller's credential may be void
	wake     <-chan struct{}
	stopWake func()
}

// FromNow opens a feed at the present end of the log.
const FromNow = -1

// Watch opens a feed as the actor of ctx, behind the entry since of the log or FromNow. The caller closes it.
func (e *Engine) Watch(ctx context.Context, table string, r query.Request, since int64) (*Feed, error) {
	return e.feedBehind(ctx, Subscription{Table: table, Request: r, Since: since})
}

// feedOf makes the feed of a subscription for the actor of ctx. It has yet to begin.
func (e *Engine) feedOf(ctx context.Context, s Subscription) (*Feed, error) {
	t, err := e.served(s.Table)
	if err != nil {
		return nil, err
	}
	r := s.Request
	if r.Limit != "" || r.Offset != "" {
		return nil, errs.New(errs.Invalid, "invalid_watch", "a feed takes no limit or offset; use a filter instead").On("limit")
	}
	r.Sort = ""
	f := &Feed{eng: e, table: t}
	if f.actor, err = e.actor(ctx); err != nil {
		return nil, err
	}
	if f.ast, err = query.Parse(r); err != nil {
		return nil, err
	}
	f.only, err = keysOf(t, s.Keys)
	return f, err
}

// begin opens the feed behind the entry since of the log, given what was the last entry before the caller's rights were read.
func (f *Feed) begin(ctx context.Context, before, since int64) error {
	if err := f.findTables(); err != nil {
		return err
	}
	f.cursor = since
	f.wake, f.stopWake = f.eng.bus.Pulse(f.wakers())
	err := f.open(ctx, before)
	if err != nil {
		f.Close()
	}
	return err
}

// wakers are the tables whose changes may be something to tell.
func (f *Feed) wakers() []string {
	reads := f.reads
	if f.grows {
		reads = f.eng.db.Schema.Names()
	}
	return slices.Concat(reads, rightsTables, credentialTables)
}

// Wake returns the channel that gets a token when Read may have something to tell.
func (f *Feed) Wake() <-chan struct{} { return f.wake }

// Doubtful reports whether, since it was asked last, something has happened that may have made the caller's credential void.
func (f *Feed) Doubtful() (doubtful bool) {
	doubtful, f.doubtful = f.doubtful, false
	return doubtful
}

// Cursor returns the place in the log up to which everything has been told.
func (f *Feed) Cursor() int64 { return f.cursor }

// Facts reports whether the rows are facts that controllers write, often and many at a time.
func (f *Feed) Facts() bool { return f.table.ReadOnly || f.table.NoCreate }

// Close ends the feed.
func (f *Feed) Close() { f.stopWake() }

// findTables finds the tables that the feed has to follow. Where rows lead to any table, those count to which they lead now: one that they lead
// to later comes by a change of a table that is followed already, and the rows are read again then.
func (f *Feed) findTables() error {
	whole, err := f.render(nil, false)
	if err != nil {
		return err
	}
	keys, err := f.render(nil, true)
	if err != nil {
		return err
	}
	f.reads, f.decide, f.grows = whole.Reads(), keys.Reads(), whole.Grows()
	return nil
}

// open finds the place where the feed begins, given the last entry of the log, and, if the feed remembers rows, what there is.
func (f *Feed) open(ctx context.Context, before int64) error {
	if f.cursor == FromNow {
		f.cursor = before
	}
	if f.actor.Admin && len(f.reads) == 1 && !f.grows {
		return nil
	}
	rows, err := f.rows(ctx, nil)
	if err != nil {
		return err
	}
	f.remember(rows)
	// What changed while the rows were read is told twice at worst: now, and when the feed comes to its entry.
	after, err := f.eng.db.LastChange(ctx)
	if err != nil {
		return err
	}
	if f.pending, err = f.catchUp(ctx, rows, before, after); len(f.pending) == 0 {
		f.cursor = before
	}
	f.opened, f.listing = before, time.Now().Add(listTime)
	return err
}

// Read returns what has happened since the last Read, at first since the place where the feed began; more reports that there is more to
// read at once. Denied means that the caller's rights have changed: the feed is at its end, and may be opened again from its Cursor.
func (f *Feed) Read(ctx context.Context) (events []Event, more bool, err error) {
	if len(f.pending) > 0 {
		events, f.pending, f.cursor = f.pending, nil, f.opened
		return events, true, nil
	}
	entries, err := f.eng.changesSince(ctx, f.cursor, logBatch)
	if errs.Is(err, errs.NotFound) {
		return f.startOver(ctx)
	}
	if err != nil || len(entries) == 0 {
		return nil, false, err
	}
	b := f.batch(entries)
	if b.rights && !f.actor.Admin {
		return nil, false, errs.New(errs.Denied, "rights_changed", "your rights have changed; open the feed again")
	}
	if f.seen == nil {
		events, err = f.tell(ctx, b)
	} else {
		events, err = f.compare(ctx, b)
	}
	if err != nil {
		return nil, false, err
	}
	f.cursor = finish(events, b.end)
	return events, len(entries) == logBatch, nil
}

// startOver tells that something was missed and goes on from the end of the log.
func (f *Feed) startOver(ctx context.Context) ([]Event, bool, error) {
	last, err := f.eng.db.LastChange(ctx)
	if err != nil {
		return nil, false, err
	}
	if f.seen != nil {
		rows, err := f.rows(ctx, nil)
		if err != nil {
			return nil, false, err
		}
		f.remember(rows)
	}
	f.cursor, f.listing = last, time.Now().Add(listTime)
	return []Event{reset(last)}, true, nil
}

func reset(at int64) Event {
	return Event{ID: at, Kind: EventReset, Data: json.RawMessage(`{"reason":"not all changes are known any more; read the rows anew"}`)}
}

// finish gives the last event of a batch the id of the batch's end, so that nothing of it is told twice, and returns that id.
func finish(events []Event, end int64) int64 {
	if n := len(events); n > 0 {
		events[n-1].ID = end
	}
	return end
}
