package engine

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// batch is what some entries of the log of changes mean for a feed.
type batch struct {
	rows    map[string]store.Logged // of the feed's table, by key: the last entry of each
	others  bool                    // rows of other tables that the feed shows have changed
	decided bool                    // such that decide which rows it shows
	rights  bool                    // the rights of somebody have changed
	begin   int64                   // the entry before
	end     int64                   // the last entry
}

func (f *Feed) batch(entries []store.Logged) batch {
	b := batch{rows: map[string]store.Logged{}, begin: f.cursor, end: entries[len(entries)-1].Seq}
	for _, l := range entries {
		b.add(f, l)
	}
	return b
}

func (b *batch) add(f *Feed, l store.Logged) {
	if l.Table != nil && slices.Contains(credentialTables, l.Table.Name) {
		own := l.Table.Name == "users" && l.Key.Int() == f.actor.User
		f.doubtful = f.doubtful || own || l.Verb == store.Deleted
	}
	switch {
	case l.Table == nil:
	case l.Table == f.table && !l.Key.IsNull():
		if before, ok := b.rows[l.Key.Text()]; ok && before.Verb == store.Created && l.Verb == store.Changed {
			l.Verb = store.Created
		}
		b.rows[l.Key.Text()] = l
	case slices.Contains(f.decide, l.Table.Name):
		b.others, b.decided = true, true
	case slices.Contains(f.reads, l.Table.Name):
		b.others = true
	}
	if l.Table != nil && slices.Contains(rightsTables, l.Table.Name) {
		b.rights = true
	}
}

// inOrder lists the entries by their numbers.
func (b *batch) inOrder() []store.Logged {
	return slices.SortedFunc(maps.Values(b.rows), func(a, c store.Logged) int { return cmp.Compare(a.Seq, c.Seq) })
}

func (b *batch) keys() []schema.Value {
	keys := make([]schema.Value, 0, len(b.rows))
	for _, l := range b.rows {
		keys = append(keys, l.Key)
	}
	return keys
}

// tell makes the events of a feed that remembers nothing: a row that isn't shown, and may have been, is told as deleted.
func (f *Feed) tell(ctx context.Context, b batch) ([]Event, error) {
	if len(b.rows) == 0 {
		return nil, nil
	}
	rows, err := f.rows(ctx, b.keys())
	if err != nil {
		return nil, err
	}
	events := make([]Event, 0, len(b.rows))
	for _, l := range b.inOrder() {
		if row, ok := rows[l.Key.Text()]; ok {
			events = append(events, shown(l, row))
		} else {
			events = append(events, gone(l.Seq, l.Key))
		}
	}
	return events, nil
}

// compare makes the events of a feed that remembers what it has shown. What follows from changes in other tables comes first, under the
// id of the batch before: if the reply breaks off there, the batch is told again.
func (f *Feed) compare(ctx context.Context, b batch) (events []Event, err error) {
	var keys []schema.Value
	if !b.others {
		if keys = b.keys(); len(keys) == 0 {
			return nil, nil
		}
	}
	rows, err := f.rows(ctx, keys)
	if err != nil {
		return nil, err
	}
	if b.others {
		events = f.compareOthers(rows, b)
	}
	for _, l := range b.inOrder() {
		key := l.Key.Text()
		row, shows := rows[key]
		hash, known := f.seen[key]
		switch {
		case shows && !known:
			l.Verb = store.Created
			events = append(events, shown(l, row))
		case shows && hash != row.hash:
			l.Verb = store.Changed
			events = append(events, shown(l, row))
		case !shows && known:
			events = append(events, gone(l.Seq, l.Key))
		}
		f.note(key, row, shows)
	}
	return events, nil
}

// compareOthers tells of the rows that have no entry of their own, given all rows that are shown now.
func (f *Feed) compareOthers(rows map[string]feedRow, b batch) (events []Event) {
	for _, key := range slices.Sorted(maps.Keys(rows)) {
		row := rows[key]
		hash, known := f.seen[key]
		if _, own := b.rows[key]; own || known && hash == row.hash {
			continue
		}
		l := store.Logged{Seq: b.begin, Change: store.Change{Verb: store.Created}}
		if known {
			l.Verb = store.Changed
		}
		events = append(events, shown(l, row))
		f.note(key, row, true)
	}
	for _, key := range slices.Sorted(maps.Keys(f.seen)) {
		_, shows := rows[key]
		if _, own := b.rows[key]; own || shows {
			continue
		}
		was, _ := f.table.ReadKey(key) // as the table had it
		events = append(events, gone(b.begin, was))
		f.note(key, feedRow{}, false)
	}
	return events
}

// catchUp makes the events of the entries behind the feed's cursor, given the rows as they were read between the entries before and
// after. It tells to read anew where it can't know which rows were shown.
func (f *Feed) catchUp(ctx context.Context, rows map[string]feedRow, before, after int64) ([]Event, error) {
	b := batch{rows: map[string]store.Logged{}, begin: f.cursor, end: after}
	for at := f.cursor; at < after; {
		entries, err := f.eng.db.ChangesSince(ctx, at, logBatch)
		if err != nil || len(entries) == 0 {
			return []Event{reset(before)}, notMissing(err)
		}
		for _, l := range entries {
			b.add(f, l)
		}
		at = entries[len(entries)-1].Seq
	}
	if f.cursor > after || b.decided || b.rights && !f.actor.Admin || len(b.rows) > logBatch || b.others && len(rows) > logBatch {
		return []Event{reset(before)}, nil
	}
	events := make([]Event, 0, len(b.rows))
	if b.others {
		for _, key := range slices.Sorted(maps.Keys(rows)) {
			if _, own := b.rows[key]; !own {
				events = append(events, shown(store.Logged{Seq: b.begin, Change: store.Change{Verb: store.Changed}}, rows[key]))
			}
		}
	}
	for _, l := range b.inOrder() {
		l.Seq = min(l.Seq, before)
		row, shows := rows[l.Key.Text()]
		switch {
		case shows:
			events = append(events, shown(l, row))
		case f.actor.Admin:
			events = append(events, gone(l.Seq, l.Key))
		default: // whether the caller could see the row is not known any more
			return []Event{reset(before)}, nil
		}
	}
	finish(events, before)
	return events, nil
}
