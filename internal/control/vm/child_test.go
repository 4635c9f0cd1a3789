package vm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/control/vm"
	"dewpoint/internal/event"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/operation"
	"dewpoint/internal/space"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/test/rig"
)

func TestMain(m *testing.M) {
	if os.Getenv(keeperVariable) != "" {
		os.Exit(keepMachines())
	}
	if os.Getenv(childVariable) != "" {
		os.Exit(child())
	}
	pgtest.Main(m)
}

// childVariable holds where a process that is to be killed does its work.
const childVariable = "DEWPOINT_VM_CHILD"

// place is where a child works, and what it does there.
type place struct {
	rig.Place
	Instance, Stop string
}

// mark is the file by which a child tells that it stands at the call where it was to stop.
func (at place) mark() string { return filepath.Join(at.Dir, "stands") }

// child runs the operations of a place until it is killed.
func child() int {
	var at place
	if err := json.Unmarshal([]byte(os.Getenv(childVariable)), &at); err != nil {
		return 2
	}
	db, err := at.Open()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	works := &vm.Works{Instance: at.Instance, DataDir: at.Dir, DB: db, Host: stopping{libvirt.New("", ""), at}, Space: space.New(db, space.Limits{})}
	log := slog.New(slog.DiscardHandler)
	err = loop.Keep(context.Background(), []loop.Area{{Every: time.Second, Make: func(_ context.Context, q *loop.Queue) (loop.Reconciler, error) {
		return operation.New(db, 1, vm.Operations(works), q.Wake, log), nil
	}}}, event.New(db), log)
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// stopping is the real host, at one of whose calls the process stands still, before it or after it.
type stopping struct {
	vm.WorkHost
	at place
}

func (h stopping) stand(when string) {
	if when != h.at.Stop {
		return
	}
	if err := os.WriteFile(h.at.mark(), nil, 0o600); err != nil {
		panic(err)
	}
	select {}
}

func (h stopping) Switch(ctx context.Context, ref libvirt.Ref, s libvirt.Switch) (time.Duration, error) {
	h.stand("before the switch")
	pause, err := h.WorkHost.Switch(ctx, ref, s)
	h.stand("after the switch")
	return pause, err
}

func (h stopping) Merge(ctx context.Context, ref libvirt.Ref, top, base string, tell func(float64)) error {
	h.stand("before the merge")
	err := h.WorkHost.Merge(ctx, ref, top, base, tell)
	h.stand("after the merge")
	return err
}

func (h stopping) Restore(ctx context.Context, memory string, disks map[string]libvirt.Place, paused bool) error {
	h.stand("before the memory")
	err := h.WorkHost.Restore(ctx, memory, disks, paused)
	h.stand("after the memory")
	return err
}

func (h stopping) Destroy(ctx context.Context, ref libvirt.Ref) error {
	h.stand("before the cut")
	err := h.WorkHost.Destroy(ctx, ref)
	h.stand("after the cut")
	return err
}

// spawn runs a child until the moment comes, and kills it.
func (at place) spawn(t *testing.T, moment func() bool) {
	t.Helper()
	if !rig.KillAt(t, childVariable, at, moment) {
		t.Fatalf("waited in vain with a child at %q", at.Stop)
	}
}
