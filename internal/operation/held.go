package operation

import (
	"context"
	"errors"
	"maps"
	"slices"
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
	err := db.Update(ctx, func(tx *store.Tx) error { return h.takeIn(tx, key, nil) })
	return h, err
}

// takeIn is take in a transaction that is under way, and writes more columns along.
func (h *held) takeIn(tx *store.Tx, key int64, more system.OperationSet) error {
	row, err := store.GetRow[system.Operation](tx, key)
	if err != nil {
		return err
	}
	if !open(row.Status) {
		return errTaken
	}
	set := system.OperationSet{}.Runner(h.runner)
	if row.Status == Queued {
		set.Status(Running).Null(system.OperationCol.StatusInfo)
	}
	if row.Started == 0 {
		set.Started(tx.Now().Unix())
	}
	maps.Copy(set, more)
	if err := store.Write(tx, key, set); err != nil {
		return err
	}
	h.row, err = store.GetRow[system.Operation](tx, key)
	return err
}

// write runs commit and writes what set returns into the operation's row, in one transaction, if the operation is still held. A failure of
// commit comes back as it is, one of the database as unwritten. The end of ctx doesn't keep what has happened from being written down.
func (h *held) write(ctx context.Context, commit Commit, set func(now time.Time) system.OperationSet) error {
	return writeAll(ctx, h.db, []mark{{h, commit, set}}, nil)
}

// mark is what is to be written of an operation.
type mark struct {
	held   *held
	commit Commit // nil for none
	set    func(now time.Time) system.OperationSet
}

// writeAll writes marks of several operations in one transaction, with what more is to be written, or none of them.
func writeAll(ctx context.Context, db *store.DB, marks []mark, more func(tx *store.Tx) error) error {
	var refused error
	rows := make([]system.Operation, len(marks))
	err := db.Update(context.WithoutCancel(ctx), func(tx *store.Tx) error {
		var shortened []string // queues
		for i, m := range marks {
			var err error
			if refused, err = m.write(tx); refused != nil || err != nil {
				return errors.Join(refused, err)
			}
			if rows[i], err = store.GetRow[system.Operation](tx, m.held.row.Key); err != nil {
				return err
			}
			if row := rows[i]; row.Ended != 0 && !slices.Contains(shortened, row.Queue) {
				shortened = append(shortened, row.Queue)
			}
		}
		if err := shorten(tx, shortened); err != nil || more == nil {
			return err
		}
		return more(tx)
	})
	switch {
	case refused != nil:
		return refused
	case err != nil:
		return unwritten{err}
	}
	for i, m := range marks {
		m.held.row = rows[i]
	}
	return nil
}

// write writes one mark, unless its commit refuses or another run of the server has taken the operation up.
func (m mark) write(tx *store.Tx) (refused, err error) {
	key := m.held.row.Key
	now, err := store.GetRow[system.Operation](tx, key)
	if err != nil {
		return nil, err
	}
	if now.Runner != m.held.runner {
		return errTaken, nil
	}
	if m.commit != nil {
		if err := m.commit(tx); err != nil {
			return err, nil
		}
	}
	changes := m.set(tx.Now())
	if _, ended := changes[system.OperationCol.Ended.Name()]; ended {
		touch(tx, now.Object, now.Queue)
	}
	return nil, store.Write(tx, key, changes)
}

// shorten does what is due when operations of some queues have ended.
func shorten(tx *store.Tx, queues []string) error {
	for _, queue := range queues {
		if err := advance(tx, queue); err != nil {
			return err
		}
	}
	if len(queues) == 0 {
		return nil
	}
	return prune(tx)
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
