package job_test

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"dewpoint/internal/errs"
	"dewpoint/internal/job"
	"dewpoint/internal/model"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var background = context.Background()

func open(t *testing.T, atOnce int) (*store.DB, *job.Runner) {
	t.Helper()
	db := rig.Database(t, t.TempDir())
	r := job.New(db, atOnce, slog.New(slog.DiscardHandler))
	t.Cleanup(r.Close)
	return db, r
}

func start(t *testing.T, r *job.Runner, work job.Work) int64 {
	t.Helper()
	id, err := r.Start(background, job.Spec{Kind: "test", Object: "files/7", Creator: "ann", Params: map[string]int{"n": 1}}, work)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func read(t *testing.T, db *store.DB, id int64) (row model.Job) {
	t.Helper()
	err := db.View(background, func(tx *store.Tx) (err error) {
		row, err = store.GetRow[model.Job](tx, schema.IntValue(id))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return row
}

// waitFor polls the row until it is as wanted.
func waitFor(t *testing.T, db *store.DB, id int64, what string, ok func(model.Job) bool) model.Job {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		row := read(t, db, id)
		if ok(row) {
			return row
		}
		if time.Now().After(deadline) {
			t.Fatalf("job %d is never %s: %+v", id, what, row)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func waitStatus(t *testing.T, db *store.DB, id int64, status string) model.Job {
	t.Helper()
	return waitFor(t, db, id, status, func(row model.Job) bool { return row.Status == status })
}

// untilEnd is work that lasts until it is told to stop.
func untilEnd(ctx context.Context, _ *job.Progress) (any, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestEnds(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		work job.Work
		want model.Job
	}{
		"result": {
			func(context.Context, *job.Progress) (any, error) { return map[string]string{"path": "x"}, nil },
			model.Job{Status: job.Complete, ProgressPct: 100, Result: `{"path":"x"}`},
		},
		"typed error": {
			func(context.Context, *job.Progress) (any, error) {
				return nil, errs.Wrap(errors.New("/secret/path"), errs.Full, "full", "the disk is full")
			},
			model.Job{Status: job.Failed, StatusInfo: "the disk is full"},
		},
		"untyped error": {
			func(context.Context, *job.Progress) (any, error) { return nil, errors.New("/secret/path") },
			model.Job{Status: job.Failed, StatusInfo: "internal error; the server's log has the details"},
		},
		"panic": {
			func(context.Context, *job.Progress) (any, error) { panic("oops") },
			model.Job{Status: job.Failed, StatusInfo: "internal error; the server's log has the details"},
		},
		"result that is no JSON": {
			func(context.Context, *job.Progress) (any, error) { return make(chan int), nil },
			model.Job{Status: job.Failed, StatusInfo: "internal error; the server's log has the details"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, r := open(t, 2)
			id := start(t, r, test.work)
			got := waitFor(t, db, id, "ended", func(row model.Job) bool { return row.Ended != 0 })
			test.want.Kind, test.want.Object, test.want.Params, test.want.Creator = "test", "files/7", `{"n":1}`, "ann"
			if d := cmp.Diff(test.want, got, cmpopts.IgnoreFields(model.Job{}, "Key", "Created", "Started", "Ended")); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestProgressIsWrittenNowAndThen(t *testing.T) {
	t.Parallel()
	db, r := open(t, 1)
	var writes atomic.Int64
	db.Watch(func([]store.Change) { writes.Add(1) })
	seen := make(chan struct{})
	id := start(t, r, func(_ context.Context, p *job.Progress) (any, error) {
		for i := range 1000 {
			p.Set(float64(i)/20, "copying")
		}
		<-seen
		return nil, nil
	})
	row := waitFor(t, db, id, "half done", func(row model.Job) bool { return row.ProgressPct > 0 })
	if row.ProgressPct != 49.95 || row.StatusInfo != "copying" || row.Status != job.Running {
		t.Errorf("half done: %+v", row)
	}
	close(seen)
	waitStatus(t, db, id, job.Complete)
	if n := writes.Load(); n > 4 { // made, begun, progress, ended
		t.Errorf("%d writes for 1000 steps of progress", n)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	db, r := open(t, 1)
	busy := start(t, r, untilEnd)
	waitStatus(t, db, busy, job.Running)
	queued := start(t, r, untilEnd)
	if got := read(t, db, queued).Status; got != job.Queued {
		t.Errorf("the second of one at a time is %s", got)
	}
	for _, id := range []int64{queued, busy} {
		if err := r.Cancel(background, id); err != nil {
			t.Fatal(err)
		}
		waitStatus(t, db, id, job.Cancelled)
		if err := r.Cancel(background, id); !errs.Is(err, errs.Conflict) {
			t.Errorf("cancelling twice: %v", err)
		}
	}
	if err := r.Cancel(background, 999); !errs.Is(err, errs.NotFound) {
		t.Errorf("cancelling a job that isn't there: %v", err)
	}
}

func TestConcurrencyIsBounded(t *testing.T) {
	t.Parallel()
	db, r := open(t, 2)
	var now, most atomic.Int64
	var last int64
	for range 12 {
		last = start(t, r, func(context.Context, *job.Progress) (any, error) {
			n := now.Add(1)
			defer now.Add(-1)
			for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
			}
			time.Sleep(time.Millisecond) // long enough to overlap
			return nil, nil
		})
	}
	for id := last - 11; id <= last; id++ {
		waitStatus(t, db, id, job.Complete)
	}
	if got := most.Load(); got != 2 {
		t.Errorf("%d jobs ran at once, want 2", got)
	}
}

func TestRestartMarksWhatWasCutOff(t *testing.T) {
	t.Parallel()
	db, r := open(t, 1)
	busy := start(t, r, untilEnd)
	waitStatus(t, db, busy, job.Running)
	queued := start(t, r, untilEnd)
	r.Close()
	if _, err := r.Start(background, job.Spec{Kind: "test"}, untilEnd); !errs.Is(err, errs.Unavailable) {
		t.Errorf("starting after the end: %v", err)
	}
	if got := read(t, db, busy).Status; got != job.Running {
		t.Errorf("after the end the job is %s, want it left as it was", got)
	}
	next := job.New(db, 1, slog.New(slog.DiscardHandler))
	defer next.Close()
	if err := next.Recover(background); err != nil {
		t.Fatal(err)
	}
	for _, id := range []int64{busy, queued} {
		if row := read(t, db, id); row.Status != job.Failed || row.Ended == 0 || row.StatusInfo != "interrupted by a restart of the server" {
			t.Errorf("after the restart: %+v", row)
		}
	}
}

func TestOldJobsArePruned(t *testing.T) {
	t.Parallel()
	db, r := open(t, 1)
	if err := db.Update(background, func(tx *store.Tx) error {
		for range 1050 {
			row := schema.NewRecord(tx.Schema().Table("jobs"))
			row.Put("status", schema.TextValue(job.Complete))
			if _, err := tx.Insert(row); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	id := start(t, r, func(context.Context, *job.Progress) (any, error) { return nil, nil })
	waitStatus(t, db, id, job.Complete)
	if err := db.View(background, func(tx *store.Tx) error {
		rows, err := tx.Find("jobs")
		if len(rows) != 1000 || rows[0].Key.Int() != 52 {
			t.Errorf("%d jobs are left, the oldest is %s; want 1000 from 52 on", len(rows), rows[0].Key.Text())
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}
