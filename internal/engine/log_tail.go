package engine

import (
	"context"
	"slices"
	"sync"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/store"
)

const (
	// tailKept is how many entries of the log of changes are kept in memory at most, some hundred bytes each.
	tailKept = 4 * logBatch
	// tailTrusted is how long it is believed that nothing has happened because nobody was told of anything.
	tailTrusted = 10 * time.Second
)

// logTail is the end of the log of changes. Every feed reads the log; here it is read once for all of them. The zero value is ready.
type logTail struct {
	mu      sync.Mutex
	begin   int64 // all entries behind it are kept
	entries []store.Logged
	commits uint64 // that had been told of when the log was read
	read    time.Time
}

// changesSince is store.DB's ChangesSince.
func (e *Engine) changesSince(ctx context.Context, seq int64, most int) ([]store.Logged, error) {
	l := &e.tail
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.read.IsZero() || seq < l.begin {
		found, err := e.db.ChangesSince(ctx, seq, most)
		if err == nil && l.read.IsZero() {
			l.begin, l.read = seq, time.Now().Add(-tailTrusted)
		}
		return found, err
	}
	if err := l.refresh(ctx, e); err != nil {
		return nil, err
	}
	at, _ := slices.BinarySearchFunc(l.entries, seq+1, func(entry store.Logged, seq int64) int { return int(entry.Seq - seq) })
	if seq > l.last() { // it was committed but not yet told, or is of another log
		return e.db.ChangesSince(ctx, seq, most)
	}
	return slices.Clone(l.entries[at:min(len(l.entries), at+most)]), nil
}

// last is the last entry that is known of.
func (l *logTail) last() int64 {
	if n := len(l.entries); n > 0 {
		return l.entries[n-1].Seq
	}
	return l.begin
}

// refresh reads what has come to the log, if anything may have.
func (l *logTail) refresh(ctx context.Context, e *Engine) error {
	commits := e.bus.Commits()
	for commits != l.commits || time.Since(l.read) > tailTrusted {
		found, err := e.db.ChangesSince(ctx, l.last(), tailKept)
		if errs.Is(err, errs.NotFound) { // another log, as after a restore
			l.begin, l.entries, l.read = 0, nil, time.Time{}
		}
		if err != nil {
			return err
		}
		l.entries = append(l.entries, found...)
		if over := len(l.entries) - tailKept; over > 0 {
			l.begin = l.entries[over-1].Seq
			l.entries = slices.Delete(l.entries, 0, over)
		}
		if len(found) < tailKept {
			l.commits, l.read = commits, time.Now()
		}
	}
	return nil
}
