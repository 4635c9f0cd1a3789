package operation

import (
	"context"
	"errors"
	"slices"
	"sort"

	"golang.org/x/sync/errgroup"

	"dewpoint/internal/model/system"
	"dewpoint/internal/store"
)

// The most operations whose first steps are done beside each other, how many of those at the same time, and after how many rounds other queues have
// their turn.
const (
	mostTogether = 64
	mostBeside   = 8
	mostRounds   = 32
)

// member is an operation whose first step is done beside those of others.
type member struct {
	*execution
	key      int64
	stepping context.Context
	cancel   context.CancelCauseFunc
	commit   Commit
	err      error // of the step
	marked   bool
}

// executeTogether does the first step of an operation. If that leaves alone what the next ones in its queue work on, theirs are done beside each other, round after
// round: one transaction marks those of a round and takes up those that have come meanwhile.
func (r *Runner) executeTogether(ctx, stepping context.Context, kind *Kind, key int64) error {
	first := &member{key: key, stepping: stepping, cancel: func(error) {}}
	var round []*member
	err := r.db.Update(ctx, func(tx *store.Tx) (err error) {
		round, err = r.takeFresh(tx, kind, []*member{first})
		return err
	})
	if err != nil {
		return err
	}
	if len(round) == 0 {
		return r.execute(ctx, stepping, kind, key)
	}
	for n := 0; len(round) > 0 && err == nil; n++ {
		r.doAll(round)
		var next []*member
		next, err = r.endRound(ctx, kind, round, n < mostRounds)
		for _, m := range round {
			m.err = m.goOn(ctx, m == first)
			if m != first {
				r.leave(ctx, m.key, m.err)
				m.cancel(nil)
			}
		}
		round = next
	}
	if err != nil {
		return err
	}
	return first.err
}

// takeFresh takes up those operations of which no step was begun, and begins their first.
func (r *Runner) takeFresh(tx *store.Tx, kind *Kind, members []*member) (round []*member, err error) {
	for _, m := range members {
		row, err := store.GetRow[system.Operation](tx, m.key)
		if err != nil {
			return nil, err
		}
		if !fresh(row) {
			continue
		}
		e := &execution{held: &held{db: r.db, runner: r.id}, kind: kind, progress: &Progress{}, log: r.log.With("operation", m.key, "kind", kind.name)}
		if e.steps, err = kind.load(r.db, m.key, row.Params, e.progress); err != nil {
			continue // it is refused when it is run alone
		}
		if err := e.takeIn(tx, m.key, e.begun(0, 1)); err != nil {
			return nil, err
		}
		m.execution = e
		round = append(round, m)
	}
	return round, nil
}

// fresh reports whether nothing was begun of an operation yet.
func fresh(row system.Operation) bool {
	return row.Status == Queued && row.StepsDone == 0 && row.Attempt == 0 && !row.Cancel
}

// doAll does the first steps of a round beside each other.
func (r *Runner) doAll(round []*member) {
	var group errgroup.Group
	group.SetLimit(mostBeside)
	for _, m := range round {
		m.log.Info("operation started", "object", m.row.Object, "status", m.row.Status, "steps_done", m.row.StepsDone)
		group.Go(func() error {
			m.commit, m.err = m.work(m.stepping, 0)
			return nil
		})
	}
	_ = group.Wait() // each has its own error
}

// endRound marks those of a round that leave alone what the others work on, and takes up those behind them if that was all.
func (r *Runner) endRound(ctx context.Context, kind *Kind, round []*member, more bool) (next []*member, err error) {
	var light []*member
	var marks []mark
	for _, m := range round {
		if m.err != nil || !m.steps.alone() {
			continue
		}
		to, err := m.markOf(0, m.commit)
		if err != nil {
			m.err = err
			continue
		}
		light, marks = append(light, m), append(marks, to)
	}
	if len(light) == 0 {
		return nil, nil
	}
	var behind []*member
	if more && len(light) == len(round) {
		if behind, err = r.behind(ctx, kind, round[len(round)-1].row); err != nil {
			return nil, err
		}
	}
	err = writeAll(ctx, r.db, marks, func(tx *store.Tx) (err error) {
		next, err = r.takeFresh(tx, kind, behind)
		return err
	})
	if err != nil {
		next = nil // each is marked by itself then, and whose fault it was comes out
	}
	for _, m := range light {
		m.marked = err == nil
	}
	for _, m := range behind {
		if !slices.Contains(next, m) {
			r.leave(ctx, m.key, nil)
			m.cancel(nil)
		}
	}
	return next, nil
}

// goOn brings an operation of a round to its end. One that works on what others do too goes on only where it is the first of its queue; else it is
// taken up again when it is.
func (m *member) goOn(ctx context.Context, first bool) error {
	if m.err == nil && !m.marked {
		if !first && !m.steps.alone() {
			return nil
		}
		m.err = m.done(ctx, 0, m.commit)
	}
	if m.err == nil {
		m.err = m.forward(m.stepping)
	}
	err := m.conclude(ctx, m.stepping, m.err)
	m.log.Info("operation paused or ended", "status", m.row.Status, "info", m.row.StatusInfo)
	return err
}

// behind are the operations right behind one in its queue whose first steps may be done beside each other. They count as busy from now on.
func (r *Runner) behind(ctx context.Context, kind *Kind, last system.Operation) (members []*member, err error) {
	var rows []system.Operation
	err = r.db.View(ctx, func(tx *store.Tx) error {
		waiting, err := store.FindRows[system.Operation](tx, waitingIn(last.Queue)...)
		if err != nil {
			return err
		}
		rows = slices.DeleteFunc(waiting, func(row system.Operation) bool { return row.Key <= last.Key })
		rows = rows[:min(len(rows), mostTogether)]
		other := slices.IndexFunc(rows, func(row system.Operation) bool {
			return row.Kind != kind.name || !fresh(row) || row.Node != 0 && row.Node != r.node
		})
		if other >= 0 {
			rows = rows[:other]
		}
		rows, err = unhindered(tx, kind, rows)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, row := range rows {
		if r.busy[row.Key] != nil {
			break
		}
		m := &member{key: row.Key}
		m.stepping, m.cancel = context.WithCancelCause(ctx)
		r.busy[row.Key] = m.cancel
		members = append(members, m)
	}
	return members, nil
}

// unhindered are the first of some operations of one queue, as far as they wait for nothing. What is behind power stays there, and so does what comes after it.
func unhindered(tx *store.Tx, kind *Kind, rows []system.Operation) ([]system.Operation, error) {
	var failed error
	free := sort.Search(len(rows), func(i int) bool {
		reason, err := behindPower(tx, rows[i])
		failed = errors.Join(failed, err)
		return reason != ""
	})
	for i, row := range rows[:free] {
		if reason, err := kind.ready(tx, row.Params); err != nil || reason != "" {
			return rows[:i], err
		}
	}
	return rows[:free], failed
}
