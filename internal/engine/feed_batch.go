package engine

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// batch is what some entries of the log of changes mean for a feed.
type batch struct {
	rows    map[string]store.Logged // of the feed's table, by key: the last entry of each
	been    map[string]bool         // those of them that were there before their last entry, or still are
	whole   bool                    // any row of the feed's table may have changed
	others  bool                    // rows of other tables that the feed shows have changed
	decided bool                    // such that decide which rows it shows
	rights  bool                    // the rights of somebody have changed
	begin   int64                   // the entry before
	end     int64                   // the last entry
}

func (f *Feed) batch(entries []store.Logged) batch {
	b := batch{rows: map[string]store.Logged{}, been: map[string]bool{}, begin: f.cursor, end: entries[len(entries)-1].Seq}
	for _, l := range entries {
		b.add(f, l)
	}
	return b
}

func (b *batch) add(f *Feed, l store.Logged) {
	if l.Table != nil && slices.Contains(credentialTables, l.Table.Name) {
		own := l.Table.Own.IsUser() && l.Key.Int() == f.actor.User
		f.doubtful = f.doubtful || own || l.Verb == store.Deleted
	}
	switch {
	case l.Table == nil, l.Table == f.table && !l.Key.IsNull() && !f.isAbout(l.Key):
	case l.Table == f.table && !l.Key.IsNull():
		if before, ok := b.rows[l.Key.Text()]; ok && before.Verb == store.Created && l.Verb == store.Changed {
			l.Verb = store.Created
		}
		b.rows[l.Key.Text()] = l
		b.been[l.Key.Text()] = b.been[l.Key.Text()] || l.Verb != store.Deleted
	case l.Table == f.table:
		b.whole, b.others, b.decided = true, true, true
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
	if b.whole {
		f.listing = time.Now().Add(listTime)
		return []Event{reset(b.end)}, nil
	}
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
	listed, missed, err := f.listed(ctx, rows, b)
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
		case !shows && (known || listed[key]):
			events = append(events, gone(l.Seq, l.Key))
		}
		f.note(key, row, shows)
	}
	if missed {
		f.listing = time.Now().Add(listTime)
		events = append(events, reset(b.end))
	}
	return events, nil
}

// listed finds, while the client may be reading the list, those rows of a batch that it may have found there though the feed has never shown
// them: they came and went between two looks of the feed. Missed reports that there is one of which it can't be known any more whether the
// caller could see it.
func (f *Feed) listed(ctx context.Context, rows map[string]feedRow, b batch) (listed map[string]bool, missed bool, err error) {
	var keys []string
	for key, been := range b.been {
		_, shows := rows[key]
		_, known := f.seen[key]
		if been && !shows && !known && time.Now().Before(f.listing) {
			keys = append(keys, key)
		}
	}
	listed = map[string]bool{}
	if len(keys) == 0 {
		return listed, false, nil
	}
	err = f.eng.db.View(ctx, func(tx *store.Tx) error {
		for _, key := range keys {
			was, _ := f.table.ReadKey(key) // as the table had it
			gone, may, err := f.mayList(tx, was)
			if err != nil {
				return err
			}
			listed[key], missed = may, missed || gone && !may
		}
		return nil
	})
	return listed, missed, err
}

// mayList reports whether a row is gone, and whether the caller may know of it. What may not be seen now could not be seen before either: a
// change of the caller's rights ends the feed.
func (f *Feed) mayList(tx *store.Tx, key schema.Value) (gone, may bool, err error) {
	r, err := tx.Get(f.table.Name, key)
	if errs.Is(err, errs.NotFound) {
		return true, f.actor.Admin, nil
	}
	if err == nil {
		err = perm.Check(tx, f.actor, perm.List, r)
	}
	if errs.Is(err, errs.NotFound) || errs.Is(err, errs.Denied) {
		return false, false, nil
	}
	return false, err == nil, err
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
	b := batch{rows: map[string]store.Logged{}, been: map[string]bool{}, begin: f.cursor, end: after}
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
