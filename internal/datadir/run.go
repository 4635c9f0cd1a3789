package datadir

import (
	"context"
	"errors"
	"time"

	"dewpoint/internal/store"
)

const (
	// rest is the least time between two marks: what was committed within it a crash leaves unmarked.
	rest = time.Second
	// closeLimit is how long the last mark may take.
	closeLimit = 5 * time.Second
)

// hear notes that something was committed.
func (d *Dir) hear([]store.Change) {
	select {
	case d.news <- struct{}{}:
	default:
	}
}

// Run marks the directory soon after each commit, until ctx ends. It is for the server that keeps the bytes of the database, as long as it
// does: a copy of its directory, which waits for it to end, has no newer bytes because there are newer rows.
func (d *Dir) Run(ctx context.Context) error {
	d.held.Store(true)
	for failed := false; ctx.Err() == nil; {
		err := d.write(ctx)
		switch {
		case err != nil && !failed && ctx.Err() == nil:
			d.log.Warn("the position of the database could not be saved in the data directory; trying again", "err", err)
		case err == nil && failed:
			d.log.Info("the position of the database is saved in the data directory again")
		}
		if failed = err != nil; failed {
			d.hear(nil)
		}
		d.wait(ctx)
	}
	if errors.Is(context.Cause(ctx), store.ErrLost) {
		d.held.Store(false)
	}
	return context.Cause(ctx)
}

// wait returns when there is something to mark, and not at once.
func (d *Dir) wait(ctx context.Context) {
	timer := time.NewTimer(rest)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return
	case <-timer.C:
	}
	select {
	case <-ctx.Done():
	case <-d.news:
	}
}

// Close writes the last mark, if the directory has kept the bytes to the end. No commit should come after it.
func (d *Dir) Close() {
	if !d.held.Load() {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeLimit)
	defer cancel()
	if err := d.write(ctx); err != nil {
		d.log.Warn("the last changes of the database are not noted in the data directory", "err", err)
	}
}
