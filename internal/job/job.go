// Package job runs long work beside the requests that ask for it: a bounded number at once, each with a row in the table jobs that shows
// its progress and keeps its result. A job doesn't survive the manager; its row says so afterwards.
package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"

	"dewpoint/internal/errs"
	"dewpoint/internal/model"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// The values of jobs.status.
const (
	Queued    = "queued"
	Running   = "running"
	Complete  = "complete"
	Failed    = "error"
	Cancelled = "cancelled"
)

// Work is what a job does. It must return soon after ctx ends. The result is kept as JSON; an error of a known kind is shown to
// people by its text, any other goes to the log only.
type Work func(ctx context.Context, p *Progress) (result any, err error)

// Spec says what a job is, for the people who look at it.
type Spec struct {
	Kind    string // the sort of work: "file.import"
	Object  string // the row it is about: "files/7", or "" for none
	Creator string // who asked for it
	Params  any    // with what; kept as JSON
}

// Runner runs jobs. It is safe for concurrent use.
type Runner struct {
	db    *store.DB
	log   *slog.Logger
	slots chan struct{}
	wg    sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	running map[int64]context.CancelCauseFunc // queued ones too
}

// Why a job's context ended.
var (
	errCancelled = errors.New("the job was cancelled")
	errClosed    = errors.New("the manager is stopping")
)

// New makes a runner for at most atOnce jobs at a time. Close it before the database.
func New(db *store.DB, atOnce int, log *slog.Logger) *Runner {
	return &Runner{db: db, log: log, slots: make(chan struct{}, atOnce), running: map[int64]context.CancelCauseFunc{}}
}

// Start makes the row of a job and lets work run when there is room. The work gets the values of ctx and outlives it.
func (r *Runner) Start(ctx context.Context, spec Spec, work Work) (id int64, err error) {
	params, err := json.Marshal(spec.Params)
	if err != nil {
		return 0, fmt.Errorf("params of a job %s: %w", spec.Kind, err)
	}
	if !r.enter() {
		return 0, errs.Wrap(errClosed, errs.Unavailable, "stopping", "the server is stopping; try again when it is back")
	}
	if id, err = r.insert(ctx, spec, params); err != nil {
		r.wg.Done()
		return 0, err
	}
	jobCtx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	r.mu.Lock()
	r.running[id] = cancel
	if r.closed {
		cancel(errClosed)
	}
	r.mu.Unlock()
	go func() {
		defer r.wg.Done()
		defer r.forget(id)
		r.run(jobCtx, id, spec.Kind, work)
	}()
	return id, nil
}

// enter counts one more job for Close to wait for, unless that has begun.
func (r *Runner) enter() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.wg.Add(1)
	}
	return !r.closed
}

func (r *Runner) insert(ctx context.Context, spec Spec, params []byte) (id int64, err error) {
	err = r.db.Update(ctx, func(tx *store.Tx) error {
		row := schema.NewRecord(tx.Schema().Table("jobs"))
		row.Put("kind", schema.TextValue(spec.Kind))
		row.Put("params", schema.TextValue(string(params)))
		row.Put("creator", schema.TextValue(spec.Creator))
		if spec.Object != "" {
			row.Put("object", schema.TextValue(spec.Object))
		}
		key, err := tx.Create(row, nil)
		id = key.Int()
		return err
	})
	return id, err
}

func (r *Runner) forget(id int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.running[id](nil)
	delete(r.running, id)
}

// Cancel asks a job to stop, without waiting for it. It is NotFound for a job that doesn't exist and Conflict for one that has ended.
func (r *Runner) Cancel(ctx context.Context, id int64) error {
	r.mu.Lock()
	cancel := r.running[id]
	r.mu.Unlock()
	return r.db.Update(ctx, func(tx *store.Tx) error {
		row, err := store.GetRow[model.Job](tx, schema.IntValue(id))
		if err != nil {
			return err
		}
		if cancel == nil || row.Status != Queued && row.Status != Running {
			return errs.New(errs.Conflict, "job_ended", "job %d has ended already", id)
		}
		if err := tx.Change("jobs", schema.IntValue(id), schema.Set{"cancel": schema.BoolValue(true)}); err != nil {
			return err
		}
		cancel(errCancelled)
		return nil
	})
}

// Close cancels all jobs and waits until their work has returned. Their rows are left as they are for Recover.
func (r *Runner) Close() {
	r.mu.Lock()
	r.closed = true
	for _, cancel := range r.running {
		cancel(errClosed)
	}
	r.mu.Unlock()
	r.wg.Wait()
}

// protect runs the work and turns a panic into an error: one bad job must not take the server down.
func (r *Runner) protect(ctx context.Context, id int64, work Work, p *Progress) (result any, err error) {
	defer func() {
		if v := recover(); v != nil {
			r.log.Error("a job panicked", "job", id, "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return work(ctx, p)
}
