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

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/control/vm"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/event"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/system"
	"dewpoint/internal/operation"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/space"
	"dewpoint/internal/store"
	"dewpoint/test/harness"
	"dewpoint/test/rig"
)

// works runs the operations of a machine until the test ends.
func (k *killed) works(limits space.Limits) { k.worksOn(k.host, limits) }

// worksOn asks another host than the machine's own.
func (k *killed) worksOn(host vm.WorkHost, limits space.Limits) {
	works := &vm.Works{Instance: k.instance, DataDir: k.dataDir, DB: k.db, Host: host, Space: space.New(k.db, limits)}
	ctx, cancel := context.WithCancel(context.Background())
	log, ended := slog.New(slog.DiscardHandler), make(chan struct{})
	bus := event.New(k.db)
	go func() {
		defer close(ended)
		_ = loop.Keep(ctx, []loop.Area{{Every: time.Second, Make: func(_ context.Context, q *loop.Queue) (loop.Reconciler, error) {
			return operation.New(k.db, 1, vm.Operations(works), q.Wake, log), nil
		}}}, bus, log) // its cause is the stop
	}()
	k.test.Cleanup(func() { cancel(); <-ended })
}

// act does an action of the VM and waits for the end of its operation.
func (k *killed) act(action string, params schema.Input) system.Operation {
	k.test.Helper()
	op := k.do(func(w *engine.Write) error { return w.Act("vms", schema.IntValue(k.vm).Text(), action, params) })
	k.await("the end of the "+action, func() bool { k.Wake(); return k.operation(op).Ended != 0 })
	return k.operation(op)
}

// TestSnapshotsOnAFullDisk: at each of its writes a snapshot, and the way back to one, finds no room. It fails, says so, and leaves all as it was.
func TestSnapshotsOnAFullDisk(t *testing.T) {
	t.Parallel()
	d := harness.MountDisk(t)
	data := filepath.Join(d.Dir, "data")
	if err := os.Mkdir(data, 0o711); err != nil {
		t.Fatal(err)
	}
	k := newKilledIn(t, data, place{Place: rig.Place{Dir: t.TempDir()}}, false)
	k.works(space.Limits{})
	m := k.server.machine(k.machine)
	own := filepath.Join(k.dataDir, "machines", column.StorageName(m.Key, m.StorageID))
	if err := os.MkdirAll(own, 0o710); err != nil {
		t.Fatal(err)
	}
	const page = 4096
	if err := os.WriteFile(filepath.Join(own, "nvram.fd"), make([]byte, 4*page), 0o600); err != nil {
		t.Fatal(err)
	}
	if op := k.act("snapshot", schema.Input{"name": json.RawMessage(`"room"`)}); op.Status != operation.Complete {
		t.Fatalf("with room it is %s (%s)", op.Status, op.StatusInfo)
	}
	first := k.taken()[0]
	k.write()
	failed := map[string]int{}
	for pages := range int64(12) {
		for action, params := range map[string]schema.Input{
			"snapshot": {"name": json.RawMessage(fmt.Sprintf(`"full %d"`, pages))}, "restore": {"snapshot_id": engine.Number(first.Key)},
		} {
			files, chain, snapshots := k.pooled(), k.chain(), len(k.taken())
			d.Fill(pages * page)
			op := k.act(action, params)
			d.Free()
			if op.Status == operation.Complete {
				k.sound(fmt.Sprint(action, " with room for ", pages, " pages"))
				if action == "restore" {
					k.write()
				}
				continue
			}
			failed[action]++
			if op.Status != operation.Failed || op.StatusInfo == "" || op.StatusInfo == errs.Hidden {
				t.Errorf("%s with room for %d pages: %s (%s)", action, pages, op.Status, op.StatusInfo)
			}
			if d := cmp.Diff(files, k.pooled()); d != "" || !cmp.Equal(chain, k.chain()) || len(k.taken()) != snapshots {
				t.Errorf("%s with room for %d pages left (-before +after):\n%s%v", action, pages, d, k.chain())
			}
		}
	}
	if failed["snapshot"] < 3 || failed["restore"] < 3 {
		t.Errorf("the disk was full at few of the writes: %v", failed)
	}
	ctx := perm.WithActor(t.Context(), perm.System("admin"))
	if err := k.eng.Delete(ctx, "machine_snapshots", schema.IntValue(first.Key).Text()); err != nil {
		t.Error(err)
	}
	k.view(func(tx *store.Tx) error {
		rows, err := store.FindRows[compute.MachineSnapshot](tx, store.Is(compute.MachineSnapshotCol.Taken, false))
		if len(rows) > 0 {
			t.Errorf("snapshots that weren't taken are left: %+v", rows)
		}
		return err
	})
}
