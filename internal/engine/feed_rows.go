package engine

import (
	"context"
	"encoding/json"
	"hash/maphash"
	"slices"

	"dewpoint/internal/errs"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// feedRow is a row as a feed shows it.
type feedRow struct {
	json json.RawMessage
	hash uint64
}

// hashSeed makes the hashes of one run of the program.
var hashSeed = maphash.MakeSeed()

// render makes the statement that reads the rows of a feed, or those of them that have one of the keys; bare leaves out what is shown.
func (f *Feed) render(keys []schema.Value, bare bool) (*store.Query, error) {
	return f.eng.statement(f.actor, func() (*query.Plan, error) { return f.plan(keys, bare) }, nil)
}

func (f *Feed) plan(keys []schema.Value, bare bool) (*query.Plan, error) {
	plan, err := f.eng.plan(f.actor, f.table, f.ast, query.Options{})
	if err != nil {
		return nil, err
	}
	root := plan.Show.Root
	key := query.Column{Name: "k", Value: &query.Cell{Src: root}}
	row := query.Column{Name: "row", Value: &query.Object{Src: root, Columns: withKey(plan.Columns, root)}}
	plan.Columns = []query.Column{key, row}
	if bare {
		plan.Columns, plan.Show = plan.Columns[:1], &query.Scope{Root: root}
	}
	for _, among := range [][]schema.Value{f.only, keys} {
		if among != nil {
			plan.Among(among)
		}
	}
	return plan, nil
}

// isAbout reports whether the feed may show a row with that key.
func (f *Feed) isAbout(key schema.Value) bool {
	return f.only == nil || slices.ContainsFunc(f.only, func(v schema.Value) bool { return v.Compare(key) == 0 })
}

// withKey adds the key to the columns, which tells the reader of an event what row it is about.
func withKey(columns []query.Column, root *query.Source) []query.Column {
	for _, c := range columns {
		if c.Name == "$key" {
			return columns
		}
	}
	return append([]query.Column{{Name: "$key", Value: &query.Cell{Src: root}}}, columns...)
}

// rows reads the rows that the feed shows, by key; nil keys means all.
func (f *Feed) rows(ctx context.Context, keys []schema.Value) (map[string]feedRow, error) {
	q, err := f.render(keys, false)
	if err != nil {
		return nil, err
	}
	rows := map[string]feedRow{}
	err = f.eng.db.Each(ctx, q, func(raw json.RawMessage, _ string) error {
		var r struct {
			Key json.RawMessage `json:"k"`
			Row json.RawMessage `json:"row"`
		}
		if err := json.Unmarshal(raw, &r); err != nil {
			return errs.Wrap(err, errs.Internal, "bad_row", "a row is not JSON")
		}
		key := string(r.Key)
		if f.table.Key != schema.NumberKey {
			if err := json.Unmarshal(r.Key, &key); err != nil {
				return errs.Wrap(err, errs.Internal, "bad_row", "a key is not JSON")
			}
		}
		rows[key] = feedRow{r.Row, maphash.Bytes(hashSeed, r.Row)}
		if len(rows) > mostTracked {
			return errs.New(errs.TooLarge, "feed_too_large", "a feed over several tables follows at most %d rows; narrow it with a filter", mostTracked).On("filter")
		}
		return nil
	})
	unknown := func(table string) bool { return !slices.Contains(f.reads, table) }
	if err == nil && q.Grows() && slices.ContainsFunc(q.Reads(), unknown) {
		err = f.findTables() // those that rows lead to by now
	}
	return rows, err
}

// remember takes the rows as what has been shown.
func (f *Feed) remember(rows map[string]feedRow) {
	f.seen = make(map[string]uint64, len(rows))
	for key, row := range rows {
		f.seen[key] = row.hash
	}
}

// note remembers whether and how a row is shown.
func (f *Feed) note(key string, row feedRow, shows bool) {
	if shows {
		f.seen[key] = row.hash
	} else {
		delete(f.seen, key)
	}
}

// shown is the event of a row that is there.
func shown(l store.Logged, row feedRow) Event {
	kind := EventChanged
	if l.Verb == store.Created {
		kind = EventCreated
	}
	return Event{ID: l.Seq, Kind: kind, Data: row.json}
}

// gone is the event of a row that is not shown any more.
func gone(id int64, key schema.Value) Event {
	text := Text(key.Text())
	if key.Kind() == schema.Int {
		text = Number(key.Int())
	}
	return Event{ID: id, Kind: EventDeleted, Data: json.RawMessage(`{"$key":` + string(text) + `}`)}
}

// notMissing leaves out the error of entries that are gone.
func notMissing(err error) error {
	if errs.Is(err, errs.NotFound) {
		return nil
	}
	return err
}
