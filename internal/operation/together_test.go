package operation_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/system"
	"dewpoint/internal/operation"
	"dewpoint/internal/store"
)

// crowd notes which probes are at work at the same time. The first waits until goOn is closed; of the others each waits for wanted companions.
type crowd struct {
	goOn   chan struct{}
	full   chan struct{} // closed once as many as wanted are at work
	wanted int
	once   sync.Once

	mu     sync.Mutex
	inside []int
	most   []int
	order  []int
}

func (c *crowd) do(ctx context.Context, r *operation.Run[probe]) (operation.Commit, error) {
	n := r.Params.N
	c.mu.Lock()
	c.inside, c.order = append(c.inside, n), append(c.order, n)
	if len(c.inside) > len(c.most) {
		c.most = slices.Clone(c.inside)
	}
	if len(c.inside) == c.wanted {
		c.once.Do(func() { close(c.full) })
	}
	c.mu.Unlock()
	wait := c.full
	if n == 0 {
		wait = c.goOn
	}
	select {
	case <-wait:
	case <-ctx.Done():
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.inside = slices.DeleteFunc(c.inside, func(other int) bool { return other == n })
	return func(*store.Tx) error {
		if n == refuses {
			return errs.New(errs.Conflict, "no", "it can't be")
		}
		return nil
	}, ctx.Err()
}

// refuses is the probe whose commit does, and apart the one that the next must not be done beside.
const (
	refuses = 4
	apart   = 6
)

// crowdOf begins operations in one queue, of which the first holds up the others until all are there.
func crowdOf(t *testing.T, c *crowd, probes ...int) (b *bench, keys []int64) {
	t.Helper()
	c.goOn, c.full = make(chan struct{}), make(chan struct{})
	b = newBench(t, operation.Define(operation.Spec[probe]{
		Together: func(p probe) bool { return p.N != apart },
		Steps:    []operation.Step[probe]{{Name: "be there", Do: c.do}},
	}))
	for _, n := range probes {
		keys = append(keys, b.begin(probe{N: n}))
	}
	return b, keys
}

// TestTogether: the first of a queue is alone; if it lets the others be, they work beside each other, and end in one transaction.
func TestTogether(t *testing.T) {
	t.Parallel()
	c := &crowd{wanted: 3}
	b, keys := crowdOf(t, c, 0, 1, 2, 3)
	ends := make(chan int, 10)
	b.db.Watch(func(changes []store.Change) {
		n := 0
		for _, change := range changes {
			if change.Table.Name == "operations" && slices.Contains(change.Columns, system.OperationCol.Ended.Name()) {
				n++
			}
		}
		if n > 0 {
			ends <- n
		}
	})
	close(c.goOn)
	for _, key := range keys {
		if row := b.waitEnd(key); row.Status != operation.Complete {
			t.Errorf("operation %d: %s, %s", key, row.Status, row.StatusInfo)
		}
	}
	if d := cmp.Diff([]int{1, 3}, []int{<-ends, <-ends}); d != "" {
		t.Errorf("operations that ended in one transaction (-want +got):\n%s", d)
	}
	slices.Sort(c.most)
	if d := cmp.Diff([]int{1, 2, 3}, c.most); d != "" {
		t.Errorf("at work at the same time (-want +got):\n%s", d)
	}
}

// TestOneOfManyRefuses: what one of those that are marked together refuses is its own failure.
func TestOneOfManyRefuses(t *testing.T) {
	t.Parallel()
	c := &crowd{wanted: 4}
	b, keys := crowdOf(t, c, 0, 1, 2, refuses, 5)
	close(c.goOn)
	for i, want := range []string{operation.Complete, operation.Complete, operation.Complete, operation.Failed, operation.Complete} {
		if row := b.waitEnd(keys[i]); row.Status != want {
			t.Errorf("operation %d: %s, %s; want %s", keys[i], row.Status, row.StatusInfo, want)
		}
	}
}

// TestApart: behind one that works on what the next one does, that one waits for its turn.
func TestApart(t *testing.T) {
	t.Parallel()
	c := &crowd{wanted: 1}
	b, keys := crowdOf(t, c, apart, 1, 2)
	close(c.goOn)
	for _, key := range keys {
		if row := b.waitEnd(key); row.Status != operation.Complete || row.Attempt != 0 {
			t.Errorf("operation %d: %+v", key, row)
		}
	}
	if c.order[0] != apart || slices.Contains(c.most, apart) && len(c.most) > 1 {
		t.Errorf("in the order %v, at the same time %v", c.order, c.most)
	}
}

// TestCancelTogether: of those that are done together one can be cancelled.
func TestCancelTogether(t *testing.T) {
	t.Parallel()
	c := &crowd{wanted: 99}
	b, keys := crowdOf(t, c, 0, 1, 2)
	close(c.goOn)
	b.waitStatus(keys[1], operation.Running)
	b.cancel(keys[1])
	for left := false; !left; time.Sleep(time.Millisecond) {
		c.mu.Lock()
		left = slices.Contains(c.order, 1) && !slices.Contains(c.inside, 1)
		c.mu.Unlock()
	}
	close(c.full)
	for i, want := range []string{operation.Complete, operation.Cancelled, operation.Complete} {
		if row := b.waitEnd(keys[i]); row.Status != want {
			t.Errorf("operation %d: %s, %s; want %s", keys[i], row.Status, row.StatusInfo, want)
		}
	}
}

// TestKilledTogether kills a process in the middle of one of several towers that are built beside each other: all are whole in the end, each stone told of once.
func TestKilledTogether(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"stone 0 begins", "stone 0 lies", "stone 0 is written", "stone 1 lies"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			o := order{Dir: t.TempDir(), Begins: "files/1", Tower: t.TempDir(), Point: point, Before: []string{t.TempDir()}, Behind: []string{t.TempDir(), t.TempDir()}}
			if !spawn(t, o) {
				t.Fatal("the process was not killed")
			}
			db, err := openOrder(o)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			defer run(db, towerOf(func(string, string) {}))()
			for i, dir := range slices.Concat(o.Before, []string{o.Tower}, o.Behind) {
				object := fmt.Sprintf("files/%d", i)
				if err := awaitEnd(db, object); err != nil {
					t.Fatal(err)
				}
				checkEnd(t, db, order{Begins: object, Tower: dir})
			}
		})
	}
}
