package job

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"dewpoint/internal/errs"
	"dewpoint/internal/model"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// keepEnded is how many ended jobs are kept; pruneSlack is how many more may gather before the oldest go.
const (
	keepEnded  = 1000
	pruneSlack = 50
)

// run waits for room, does the work and writes how it ended.
func (r *Runner) run(ctx context.Context, id int64, kind string, work Work) {
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		r.end(ctx, id, kind, nil, context.Cause(ctx))
		return
	}
	if err := r.begin(ctx, id); err != nil {
		r.end(ctx, id, kind, nil, err)
		return
	}
	p := &Progress{}
	var writer sync.WaitGroup
	done := make(chan struct{})
	writer.Go(func() { p.write(ctx, r, id, done) })
	result, err := r.protect(ctx, id, work, p)
	close(done)
	writer.Wait()
	r.end(ctx, id, kind, result, err)
}

func (r *Runner) begin(ctx context.Context, id int64) error {
	return r.db.Update(ctx, func(tx *store.Tx) error {
		return tx.Change("jobs", schema.IntValue(id), schema.Set{"status": schema.TextValue(Running), "started": schema.IntValue(tx.Now().Unix())})
	})
}

// end writes how a job ended, unless the manager is stopping: what was cut off by that is told by Recover, because more than this job's
// own part may be left undone.
func (r *Runner) end(ctx context.Context, id int64, kind string, result any, err error) {
	cause := context.Cause(ctx)
	if err != nil && errors.Is(cause, errClosed) {
		return
	}
	set := schema.Set{"status": schema.TextValue(Complete), "progress_pct": schema.RealValue(100), "status_info": schema.TextValue("")}
	switch {
	case err == nil:
		text, failed := json.Marshal(result)
		if failed == nil {
			set["result"] = schema.TextValue(string(text))
			break
		}
		err = fmt.Errorf("result of the job: %w", failed)
		fallthrough
	case !errors.Is(cause, errCancelled):
		set = schema.Set{"status": schema.TextValue(Failed), "status_info": schema.TextValue(shown(err))}
		r.log.Warn("a job failed", "job", id, "kind", kind, "err", err)
	default:
		set = schema.Set{"status": schema.TextValue(Cancelled), "status_info": schema.TextValue("cancelled")}
	}
	ctx = context.WithoutCancel(ctx)
	if err := r.db.Update(ctx, func(tx *store.Tx) error {
		set["ended"] = schema.IntValue(tx.Now().Unix())
		if err := tx.Change("jobs", schema.IntValue(id), set); err != nil {
			return err
		}
		return prune(tx)
	}); err != nil {
		r.log.Error("writing the end of a job failed", "job", id, "kind", kind, "err", err)
	}
}

// shown returns what people may read of an error: details of untyped ones are for the log.
func shown(err error) string {
	if e := errs.As(err); e != nil {
		return e.Text
	}
	return "internal error; the server's log has the details"
}

func ended() store.Cond {
	return store.In("status", schema.TextValue(Complete), schema.TextValue(Failed), schema.TextValue(Cancelled))
}

// prune drops the oldest ended jobs when there are too many.
func prune(tx *store.Tx) error {
	n, err := tx.Count("jobs", ended())
	if err != nil || n <= keepEnded+pruneSlack {
		return err
	}
	rows, err := tx.Find("jobs", ended())
	if err != nil {
		return err
	}
	for _, row := range rows[:len(rows)-keepEnded] {
		if err := tx.Purge("jobs", row.Key); err != nil {
			return err
		}
	}
	return nil
}

// Recover marks the jobs that an earlier run of the manager left behind as failed. Call it once, before the first Start.
func (r *Runner) Recover(ctx context.Context) error {
	return r.db.Update(ctx, func(tx *store.Tx) error {
		rows, err := store.FindRows[model.Job](tx, store.In("status", schema.TextValue(Queued), schema.TextValue(Running)))
		if err != nil {
			return err
		}
		for _, row := range rows {
			r.log.Warn("a job was interrupted", "job", row.Key, "kind", row.Kind)
			if err := tx.Change("jobs", schema.IntValue(row.Key), schema.Set{
				"status": schema.TextValue(Failed), "status_info": schema.TextValue("interrupted by a restart of the server"), "ended": schema.IntValue(tx.Now().Unix()),
			}); err != nil {
				return err
			}
		}
		return nil
	})
}
