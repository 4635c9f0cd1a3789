package operation_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/system"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// probe is the params of kinds that the tests make up.
type probe struct{ N int }

// Operation implements operation.Params.
func (probe) Operation() string { return "probe" }

func steps(all ...operation.Step[probe]) operation.Kind {
	return operation.Define(operation.Spec[probe]{Steps: all})
}

func doing(f func(ctx context.Context, r *operation.Run[probe]) error) operation.Step[probe] {
	return operation.Step[probe]{Name: "only step", Do: func(ctx context.Context, r *operation.Run[probe]) (operation.Commit, error) {
		return nil, f(ctx, r)
	}}
}

func TestEnds(t *testing.T) {
	t.Parallel()
	const hidden = "internal error; the server's log has the cause"
	for name, test := range map[string]struct {
		do   func(context.Context, *operation.Run[probe]) error
		want system.Operation
	}{
		"result": {
			func(_ context.Context, r *operation.Run[probe]) error {
				r.Result(map[string]int{"n": r.Params.N})
				return nil
			},
			system.Operation{Status: operation.Complete, ProgressPct: 100, Result: `{"n":3}`, StepsDone: 1},
		},
		"typed error": {
			func(context.Context, *operation.Run[probe]) error {
				return errs.Wrap(errors.New("/secret/path"), errs.Full, "full", "the disk is full")
			},
			system.Operation{Status: operation.Failed, StatusInfo: "the disk is full", Failure: "the disk is full", Outcome: operation.Failed},
		},
		"untyped error": {
			func(context.Context, *operation.Run[probe]) error { return errors.New("/secret/path") },
			system.Operation{Status: operation.Failed, StatusInfo: hidden, Failure: hidden, Outcome: operation.Failed},
		},
		"panic": {
			func(context.Context, *operation.Run[probe]) error { panic("oops") },
			system.Operation{Status: operation.Failed, StatusInfo: hidden, Failure: hidden, Outcome: operation.Failed},
		},
		"result that is no JSON": {
			func(_ context.Context, r *operation.Run[probe]) error { r.Result(make(chan int)); return nil },
			system.Operation{Status: operation.Failed, StatusInfo: hidden, Failure: hidden, Outcome: operation.Failed},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, steps(doing(test.do)))
			got := b.waitEnd(b.begin(probe{N: 3}))
			test.want.Kind, test.want.Object, test.want.Queue, test.want.Params, test.want.Creator = "probe", "files/7", "files/7", `{"N":3}`, "ann"
			if d := cmp.Diff(test.want, got, cmpopts.IgnoreFields(system.Operation{}, "Key", "Runner", "Created", "Started", "Ended", "Modified")); d != "" {
				t.Errorf("row (-want +got):\n%s", d)
			}
		})
	}
}

// A failure that may pass is no failure of the operation.
func TestTriesAgain(t *testing.T) {
	t.Parallel()
	tries := 0
	b := newBench(t, steps(doing(func(context.Context, *operation.Run[probe]) error {
		if tries++; tries < 3 {
			return errs.New(errs.Unavailable, "away", "the host is away")
		}
		return nil
	})))
	if row := b.waitEnd(b.begin(probe{})); row.Status != operation.Complete || tries != 3 {
		t.Errorf("%s after %d tries: %s", row.Status, tries, row.StatusInfo)
	}
}

func TestStepsThatCannotBeRepeatedAreUndone(t *testing.T) {
	t.Parallel()
	undone := false
	only := doing(func(context.Context, *operation.Run[probe]) error {
		return errs.New(errs.Unavailable, "away", "the host is away")
	})
	only.Once = true
	only.Undo = func(context.Context, *operation.Run[probe]) error { undone = true; return nil }
	b := newBench(t, steps(only))
	if row := b.waitEnd(b.begin(probe{})); row.Status != operation.Failed || !undone {
		t.Errorf("%s, undone %t", row.Status, undone)
	}
}

// An undo that fails is tried until it succeeds: what it is about must not stay.
func TestUndoIsTriedAgain(t *testing.T) {
	t.Parallel()
	tries := 0
	first := doing(func(context.Context, *operation.Run[probe]) error { return nil })
	first.Undo = func(context.Context, *operation.Run[probe]) error {
		if tries++; tries < 3 {
			return errors.New("busy")
		}
		return nil
	}
	second := doing(func(context.Context, *operation.Run[probe]) error {
		return errs.New(errs.Conflict, "no", "it can't be")
	})
	b := newBench(t, steps(first, second))
	if row := b.waitEnd(b.begin(probe{})); row.Status != operation.Failed || row.StatusInfo != "it can't be" || tries != 3 {
		t.Errorf("%s (%s) after %d undos", row.Status, row.StatusInfo, tries)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	undone := 0
	first := doing(func(context.Context, *operation.Run[probe]) error { return nil })
	first.Undo = func(context.Context, *operation.Run[probe]) error { undone++; return nil }
	second := doing(func(ctx context.Context, _ *operation.Run[probe]) error { <-ctx.Done(); return ctx.Err() })
	second.Name = "second step"
	second.Undo = first.Undo
	b := newBench(t, steps(first, second))
	busy := b.begin(probe{})
	b.wait(busy, "in its second step", func(row system.Operation) bool { return row.Step == "second step" })
	queued := b.begin(probe{})
	if row, err := read(b.db, queued); err != nil || row.Status != operation.Queued || row.Place != 1 {
		t.Errorf("the second of a queue is %s at place %d, %v", row.Status, row.Place, err)
	}
	b.cancel(queued)
	b.waitStatus(queued, operation.Cancelled)
	b.cancel(busy)
	b.waitStatus(busy, operation.Cancelled)
	if undone != 2 {
		t.Errorf("%d steps taken back, want both", undone)
	}
	b.cancel(busy)
}

func TestWhatHasEndedCannotBeCancelled(t *testing.T) {
	t.Parallel()
	b := newBench(t, steps(doing(func(context.Context, *operation.Run[probe]) error { return nil })))
	key := b.begin(probe{})
	b.waitStatus(key, operation.Complete)
	err := b.db.Update(background, func(tx *store.Tx) error { return operation.Cancel(tx, key) })
	if !errs.Is(err, errs.Conflict) {
		t.Errorf("got %v, want Conflict", err)
	}
}

// Operations of one object run in their order; what is about others doesn't wait for them.
func TestQueues(t *testing.T) {
	t.Parallel()
	goOn := make(chan struct{})
	var order []int
	b := newBench(t, operation.Define(operation.Spec[probe]{AtOnce: 2, Steps: []operation.Step[probe]{
		doing(func(_ context.Context, r *operation.Run[probe]) error {
			if r.Params.N > 0 {
				<-goOn
				order = append(order, r.Params.N)
			}
			return nil
		}),
	}}))
	var keys []int64
	for n := range 3 {
		keys = append(keys, b.begin(probe{N: n + 1}))
	}
	for i, key := range keys {
		if row, err := read(b.db, key); err != nil || row.Place != int64(i) {
			t.Errorf("operation %d is at place %d, want %d; %v", key, row.Place, i, err)
		}
	}
	var other int64
	b.update(func(tx *store.Tx) (err error) {
		other, err = operation.Begin(tx, operation.Request{Object: "files/8", Params: probe{}})
		return err
	})
	b.waitStatus(other, operation.Complete)
	close(goOn)
	b.waitStatus(keys[2], operation.Complete)
	if d := cmp.Diff([]int{1, 2, 3}, order); d != "" {
		t.Error(d)
	}
}

// An operation waits, with the reason in its row, until what it needs is there.
func TestReady(t *testing.T) {
	t.Parallel()
	kind := operation.Define(operation.Spec[probe]{
		Ready: func(tx *store.Tx, _ probe) (string, error) {
			n, err := tx.Count("tag_categories")
			if n > 0 {
				return "", err
			}
			return "there is no category yet", err
		},
		Steps: []operation.Step[probe]{doing(func(context.Context, *operation.Run[probe]) error { return nil })},
	})
	b := newBench(t, kind)
	key := b.begin(probe{})
	b.wait(key, "explained", func(row system.Operation) bool { return row.StatusInfo == "there is no category yet" })
	b.update(func(tx *store.Tx) error {
		row := schema.NewRecord(tx.Schema().Table("tag_categories"))
		row.Put("name", schema.TextValue("x"))
		_, err := tx.Create(row, nil)
		return err
	})
	b.waitStatus(key, operation.Complete)
}

// A run of the server that was believed dead can't write into an operation that another has taken up.
func TestFencing(t *testing.T) {
	t.Parallel()
	entered, goOn := make(chan struct{}), make(chan struct{})
	slow := steps(doing(func(context.Context, *operation.Run[probe]) error {
		close(entered)
		<-goOn
		return nil
	}))
	b := newBench(t, slow)
	key := b.begin(probe{})
	<-entered
	stop := run(b.db, steps(doing(func(context.Context, *operation.Run[probe]) error {
		return errs.New(errs.Conflict, "no", "the second run says no")
	})))
	defer stop()
	b.waitStatus(key, operation.Failed)
	close(goOn)
	b.update(func(tx *store.Tx) error { tx.Touch("operations", schema.IntValue(key)); return nil })
	time.Sleep(50 * time.Millisecond) // absence can only be waited for
	if row, err := read(b.db, key); err != nil || row.Status != operation.Failed {
		t.Errorf("the first run made it %s: %v", row.Status, err)
	}
}

func TestOldOnesArePruned(t *testing.T) {
	t.Parallel()
	b := newBench(t, steps(doing(func(context.Context, *operation.Run[probe]) error { return nil })))
	b.update(func(tx *store.Tx) error {
		for range 1050 {
			row := schema.NewRecord(tx.Schema().Table("operations"))
			row.Put("status", schema.TextValue(operation.Complete))
			if _, err := tx.Insert(row); err != nil {
				return err
			}
		}
		return nil
	})
	b.waitStatus(b.begin(probe{}), operation.Complete)
	if err := b.db.View(background, func(tx *store.Tx) error {
		rows, err := tx.Find("operations")
		if len(rows) != 1000 || rows[0].Key.Int() != 52 {
			t.Errorf("%d operations are left, the oldest is %s; want 1000 from 52 on", len(rows), rows[0].Key.Text())
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// misread are params of the kind probe that it can't read.
type misread struct{ N string }

func (misread) Operation() string { return "probe" }

// TestParamsThatCannotBeRead end the operation, with or without something to wait for, and hold up none of their queue.
func TestParamsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, ready := range map[string]func(*store.Tx, probe) (string, error){
		"nothing to wait for": nil,
		"asked whether ready": func(*store.Tx, probe) (string, error) { return "", nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			do := doing(func(context.Context, *operation.Run[probe]) error { return nil })
			b := newBench(t, operation.Define(operation.Spec[probe]{Ready: ready, Steps: []operation.Step[probe]{do}}))
			bad, good := b.begin(misread{"three"}), b.begin(probe{3})
			if row := b.waitStatus(bad, operation.Failed); row.StatusInfo != "its parameters can't be read; ask for it again" || row.StepsDone != 0 {
				t.Errorf("the operation ended as %+v", row)
			}
			b.waitStatus(good, operation.Complete)
		})
	}
}

// Steps and undos read rows, and wait for no writer: here one is at work the whole time that the row is read.
func TestReadsRowsBesideAWriter(t *testing.T) {
	t.Parallel()
	var b *bench
	var creators []string
	read := func(ctx context.Context, r *operation.Run[probe]) error {
		writing, end := make(chan struct{}), make(chan struct{})
		ended := make(chan error, 1)
		go func() {
			ended <- b.db.Update(ctx, func(tx *store.Tx) error {
				err := store.Write(tx, r.Key, system.OperationSet{}.Creator("bob"))
				close(writing)
				<-end
				return errors.Join(err, errors.New("not written after all"))
			})
		}()
		<-writing
		err := r.View(ctx, func(tx *store.Tx) error {
			row, err := store.GetRow[system.Operation](tx, r.Key)
			creators = append(creators, row.Creator)
			return err
		})
		close(end)
		<-ended
		return err
	}
	first := doing(read)
	first.Undo = read
	b = newBench(t, steps(first, doing(func(context.Context, *operation.Run[probe]) error { return errors.New("no") })))
	row := b.waitEnd(b.begin(probe{}))
	if d := cmp.Diff([]string{"ann", "ann"}, creators); d != "" || row.Status != operation.Failed {
		t.Errorf("%s; read by the step and its undo (-want +got):\n%s", row.Status, d)
	}
}

// TestSkippedSteps are marked with the step before them; where all that follow are, that ends the operation. Their undos run.
func TestSkippedSteps(t *testing.T) {
	t.Parallel()
	var did, undid []string
	step := func(name string, fails bool, skip func(probe) bool) operation.Step[probe] {
		return operation.Step[probe]{
			Name: name, Skip: skip,
			Do: func(_ context.Context, r *operation.Run[probe]) (operation.Commit, error) {
				did = append(did, name)
				if fails && r.Params.N == 2 {
					return nil, errs.New(errs.Conflict, "no", "it can't be")
				}
				return nil, nil
			},
			Undo: func(context.Context, *operation.Run[probe]) error { undid = append(undid, name); return nil },
		}
	}
	small, one := func(p probe) bool { return p.N < 3 }, func(p probe) bool { return p.N == 1 }
	b := newBench(t, steps(step("first", false, small), step("second", false, small), step("third", true, one)))
	for n, want := range []struct {
		status    string
		did, undo []string
		done      int64
	}{
		1: {operation.Complete, []string{"first"}, nil, 3},
		2: {operation.Failed, []string{"first", "third"}, []string{"third", "second", "first"}, 0},
		3: {operation.Complete, []string{"first", "second", "third"}, nil, 3},
	} {
		if n == 0 {
			continue
		}
		did, undid = nil, nil
		row := b.waitEnd(b.begin(probe{N: n}))
		if d := cmp.Diff(want.did, did) + cmp.Diff(want.undo, undid); d != "" || row.Status != want.status || row.StepsDone != want.done {
			t.Errorf("%d: %s with %d steps done (-want +got):\n%s", n, row.Status, row.StepsDone, d)
		}
	}
}

// TestLongQueues: when one of many ends, the first of those behind it run at once, and in the end all know their places.
func TestLongQueues(t *testing.T) {
	t.Parallel()
	goOn := make(chan struct{})
	b := newBench(t, steps(doing(func(ctx context.Context, r *operation.Run[probe]) error {
		if r.Params.N > 0 {
			select {
			case <-goOn:
			case <-ctx.Done():
			}
		}
		return nil
	})))
	var keys []int64
	for n := range 30 {
		keys = append(keys, b.begin(probe{N: max(n-2, 0)}))
	}
	b.waitStatus(keys[2], operation.Complete)
	for i, key := range keys[3:] {
		b.wait(key, "told its place", func(row system.Operation) bool { return row.Place == int64(i) })
	}
	close(goOn)
	b.waitStatus(keys[len(keys)-1], operation.Complete)
}
