package operation

import (
	"context"
	"errors"
	"time"

	"dewpoint/internal/model/system"
	"dewpoint/internal/store"
)

// errTaken says that the operation isn't this runner's any more, or has ended.
var errTaken = errors.New("the operation has ended, or another run of the server has taken it up")

// unwritten is a failure of the database: the host's side is as it is, and the mark is tried again later.
type unwritten struct{ error }

func (u unwritten) Unwrap() error { return u.error }

// held is an operation that a runner has taken up. Its row is as it was last written: only the holder writes to it, but for the wish to cancel.
type held struct {
	db     *store.DB
	runner string // whose hold it is
	row    system.Operation
}

// take takes an operation up: from now on no earlier runner can write to it.
func take(ctx context.Context, db *store.DB, runner string, key int64) (*held, error) {
	h := &held{db: db, runner: runner}
	err := db.Update(ctx, func(tx *store.Tx) (err error) {
		if h.row, err = store.GetRow[system.Operation](tx, key); err != nil {
			return err
		}
		if !open(h.row.Status) {
			return errTaken
		}
		set := system.OperationSet{}.Runner(runner)
		if h.row.Status == Queued {
			set.Status(Running).Null(system.OperationCol.StatusInfo)
			h.row.Status = Running
		}
		if h.row.Started == 0 {
			set.Started(tx.Now().Unix())
		}
		return store.Write(tx, key, set)
	})
	return h, err
}

// write runs commit and writes what set returns into the operation's row, in one transaction, if the operation is still held. A failure of
// commit comes back as it is, one of the database as unwritten. The end of ctx doesn't keep what has happened from being written down.
func (h *held) write(ctx context.Context, commit Commit, set func(now time.Time) system.OperationSet) error {
	var refused error
	key := h.row.Key
	err := h.db.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		now, err := store.GetRow[system.Operation](tx, key)
		if err != nil {
			return err
		}
		if now.Runner != h.runner {
			refused = errTaken
			return refused
		}
		if commit != nil {
			if refused = commit(tx); refused != nil {
				return refused
			}
		}
		changes := set(tx.Now())
		if err := store.Write(tx, key, changes); err != nil {
			return err
		}
		if _, ended := changes[system.OperationCol.Ended.Name()]; ended {
			touch(tx, now.Object, now.Queue)
			if err := advance(tx, now.Queue); err != nil {
				return err
			}
			if err := prune(tx); err != nil {
				return err
			}
		}
		h.row, err = store.GetRow[system.Operation](tx, key)
		return err
	})
	switch {
	case err == nil, refused != nil:
		return refused
	}
	return unwritten{err}
}

// keepEnded is how many ended operations are kept; pruneSlack is how many more may gather before the oldest go.
const (
	keepEnded  = 1000
	pruneSlack = 50
)

// prune drops the oldest ended operations when there are too many.
func prune(tx *store.Tx) error {
	ended := store.Is(system.OperationCol.Status, Complete, Failed, Cancelled)
	n, err := tx.Count("operations", ended)
	if err != nil || n <= keepEnded+pruneSlack {
		return err
	}
	rows, err := tx.Find("operations", ended)
	if err != nil {
		return err
	}
	for _, row := range rows[:len(rows)-keepEnded] {
		if err := tx.Purge("operations", row.Key); err != nil {
			return err
		}
	}
	return nil
}
