package operation

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"time"

	"dewpoint/internal/model/system"
	"dewpoint/internal/store"
)

// The first wait before an operation that couldn't go on is tried again, and the longest.
const (
	firstWait = 200 * time.Millisecond
	mostWait  = 30 * time.Second
)

// Runner runs the operations of one node. Its Reconcile wants to be called when one is made, cancelled or may go on, and now and then.
type Runner struct {
	db    *store.DB
	node  int64
	kinds map[string]*Kind
	slots map[string]chan struct{}
	log   *slog.Logger
	id    string // of this run; operations that carry it are ours
	wake  func()

	mu      sync.Mutex
	busy    map[int64]context.CancelCauseFunc
	rest    map[int64]time.Time // until when an operation that failed is left alone
	waits   map[int64]time.Duration
	unknown map[int64]bool // warned about
	placed  time.Time      // when long queues were last told their places; used by passes only
	placing bool           // a pass that tells them is due
	workers sync.WaitGroup
}

// New makes a runner of the kinds for the node with that key. Wake is called when there may be more to do; it must not block.
func New(db *store.DB, node int64, kinds []Kind, wake func(), log *slog.Logger) *Runner {
	r := &Runner{
		db: db, node: node, kinds: map[string]*Kind{}, slots: map[string]chan struct{}{}, log: log, id: rand.Text(), wake: wake,
		busy: map[int64]context.CancelCauseFunc{}, rest: map[int64]time.Time{}, waits: map[int64]time.Duration{}, unknown: map[int64]bool{},
	}
	for i := range kinds {
		r.kinds[kinds[i].name], r.slots[kinds[i].name] = &kinds[i], make(chan struct{}, kinds[i].atOnce)
	}
	return r
}

// Name is the area, for logs.
func (r *Runner) Name() string { return "operation" }

// Wait returns when nothing runs any more. It is called after the context of the last Reconcile has ended.
func (r *Runner) Wait() { r.workers.Wait() }

// Reconcile makes one pass: it stops what was cancelled, and takes up the first of each queue that is ready. It waits for none of them.
func (r *Runner) Reconcile(ctx context.Context) error {
	var rows []system.Operation
	reasons := map[int64]string{}
	err := r.db.View(ctx, func(tx *store.Tx) (err error) {
		if rows, err = store.FindRows[system.Operation](tx, isOpen(), store.IsOrNull(system.OperationCol.Node, r.node)); err != nil {
			return err
		}
		for _, row := range rows {
			if kind := r.kinds[row.Kind]; kind != nil && row.Status == Queued && row.Place == 0 {
				if reasons[row.Key], err = awaits(tx, kind, row); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, row := range rows {
		cancel := r.running(row.Key)
		switch {
		case cancel != nil && row.Cancel:
			cancel(errCancelled)
		case cancel == nil && row.Place == 0 && reasons[row.Key] == "":
			r.begin(ctx, row)
		}
	}
	if err := r.placeAll(ctx, rows); err != nil {
		return err
	}
	return r.explain(ctx, rows, reasons)
}

// awaits returns what an operation whose turn it is still has to wait for, "" for nothing.
func awaits(tx *store.Tx, kind *Kind, row system.Operation) (reason string, err error) {
	if reason, err = behindPower(tx, row); err != nil || reason != "" {
		return reason, err
	}
	return kind.ready(tx, row.Params)
}

// explain writes what operations wait for, where that is news.
func (r *Runner) explain(ctx context.Context, rows []system.Operation, reasons map[int64]string) error {
	changed := slices.DeleteFunc(slices.Clone(rows), func(row system.Operation) bool {
		return reasons[row.Key] == "" || reasons[row.Key] == row.StatusInfo
	})
	if len(changed) == 0 {
		return nil
	}
	return r.db.Update(ctx, func(tx *store.Tx) error {
		for _, row := range changed {
			now, err := store.GetRow[system.Operation](tx, row.Key)
			if err != nil || now.Status != Queued {
				return err
			}
			if err := store.Write(tx, row.Key, system.OperationSet{}.StatusInfo(reasons[row.Key])); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *Runner) running(key int64) context.CancelCauseFunc {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.busy[key]
}

// begin takes an operation up, if it isn't resting and its kind has a free place. Whoever gives a place back wakes the runner.
func (r *Runner) begin(ctx context.Context, row system.Operation) {
	kind := r.kinds[row.Kind]
	r.mu.Lock()
	defer r.mu.Unlock()
	if kind == nil {
		if !r.unknown[row.Key] {
			r.unknown[row.Key] = true
			r.log.Error("an operation is waiting for a server version that knows its kind", "operation", row.Key, "kind", row.Kind)
		}
		return
	}
	if r.busy[row.Key] != nil || time.Now().Before(r.rest[row.Key]) {
		return
	}
	select {
	case r.slots[row.Kind] <- struct{}{}:
	default:
		return
	}
	stepping, cancel := context.WithCancelCause(ctx)
	if row.Cancel {
		cancel(errCancelled)
	}
	r.busy[row.Key] = cancel
	execute := r.execute
	if kind.together && fresh(row) {
		execute = r.executeTogether
	}
	r.workers.Go(func() {
		r.leave(ctx, row.Key, execute(ctx, stepping, kind, row.Key))
		cancel(nil)
		<-r.slots[row.Kind]
		r.wake()
	})
}

// execute takes an operation as far as it gets.
func (r *Runner) execute(ctx, stepping context.Context, kind *Kind, key int64) error {
	h, err := take(ctx, r.db, r.id, key)
	if errors.Is(err, errTaken) {
		return nil
	}
	if err != nil {
		return err
	}
	e := &execution{held: h, kind: kind, progress: &Progress{}, log: r.log.With("operation", key, "kind", kind.name)}
	if e.steps, err = kind.load(r.db, key, h.row.Params, e.progress); err != nil {
		return e.unreadable(ctx, err)
	}
	e.log.Info("operation started", "object", h.row.Object, "status", h.row.Status, "steps_done", h.row.StepsDone)
	err = e.run(ctx, stepping)
	e.log.Info("operation paused or ended", "status", e.row.Status, "info", e.row.StatusInfo)
	return err
}

// leave notes that an operation doesn't run any more, and for how long it rests after a failure.
func (r *Runner) leave(ctx context.Context, key int64, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.busy, key)
	if err == nil {
		delete(r.rest, key)
		delete(r.waits, key)
		return
	}
	wait := min(max(firstWait, 2*r.waits[key]), mostWait)
	r.waits[key], r.rest[key] = wait, time.Now().Add(wait)
	if ctx.Err() == nil {
		r.log.Warn("an operation is tried again", "operation", key, "retry_in", wait, "err", err)
		time.AfterFunc(wait, r.wake)
	}
}
