package vm_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"dewpoint/internal/engine"
	"dewpoint/internal/host/block"
	"dewpoint/internal/layer"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/harness"
	"dewpoint/test/rig"
)

// rebooted is a machine whose host restarts again and again.
type rebooted struct {
	shared
	k     *killed // the same machine: its files, and what clients ask of it
	boots int
}

// TestHostReboots: in the middle of each operation about a guest that runs, the host restarts: server and guest are gone, and the boot has another id. The operation
// ends, the guest runs again by its VM's on_power_loss, and its disk is made of the files that the rows name and no others.
func TestHostReboots(t *testing.T) {
	rig.EachPlace(t, func(t *testing.T, at rig.Place) {
		s := newShared(t, at)
		k := &killed{server: s.server, test: t, running: true}
		k.eng = rig.StartOn(t, s.db, at.Dir, slog.New(slog.DiscardHandler)).Engine
		k.vm, k.machine = s.createVM(uuid.NewString(), schema.Set{"boot_delay": schema.IntValue(0)})
		k.drive = s.createDrive(k.machine, func(path string) error { return block.Create(path, 4<<20) })
		s.update(func(tx *store.Tx) error { return store.Write(tx, k.drive, compute.MachineDriveSet{}.Disksize(4<<20)) })
		s.ask(k.machine, compute.PowerOn)
		r := &rebooted{shared: s, k: k}
		s.spawn(keeperOrder{Boot: r.boot()}, func() bool { return s.status(k.machine).StartedWith != "" })

		for _, point := range []string{"switch begins", "switched"} {
			r.during("a snapshot", point, func() int64 {
				return k.do(func(w *engine.Write) error {
					return w.Act("vms", schema.IntValue(k.vm).Text(), "snapshot", schema.Input{"name": json.RawMessage(fmt.Sprintf("%q", point))})
				})
			})
		}
		for _, point := range []string{"cut begins", "cut"} {
			r.during("the way back to a snapshot", point, func() int64 {
				return k.do(func(w *engine.Write) error {
					return w.Act("vms", schema.IntValue(k.vm).Text(), "restore", schema.Input{"snapshot_id": engine.Number(k.taken()[0].Key)})
				})
			})
		}
		for _, point := range []string{"attach begins", "attached"} {
			second := s.createDrive(k.machine, func(path string) error { return block.Create(path, 1<<20) })
			r.during("plugging a disk in", point, func() int64 {
				s.update(func(tx *store.Tx) error { return store.Write(tx, second, compute.MachineDriveSet{}.Enabled(true)) })
				return s.begin(k.machine, compute.Hotplug{Machine: k.machine, Table: "machine_drives", Key: second, Enabled: true})
			})
			if s.drive(second).Enabled != s.has(k.machine, second) {
				t.Errorf("%s: the disk's row is enabled: %v, the guest has it: %v", point, s.drive(second).Enabled, s.has(k.machine, second))
			}
		}
		for _, snapshot := range k.taken() {
			k.do(func(w *engine.Write) error {
				return w.Delete("machine_snapshots", schema.IntValue(snapshot.Key).Text())
			})
		}
		k.prune()
		var lone []layer.Lone
		k.view(func(tx *store.Tx) (err error) { _, lone, err = layer.ReadLones(tx); return err })
		if len(lone) > 0 {
			r.during("a merge", "merge begins", func() int64 {
				return s.begin(k.machine, compute.LayerMerge{Layer: lone[0].Layer.Key, Machine: k.machine})
			})
		} else {
			t.Error("there is nothing to merge")
		}
	})
}

// boot is the id of the host's boot.
func (r *rebooted) boot() string { return fmt.Sprintf("boot-%d", r.boots) }

// during restarts the host when an operation has come to a point.
func (r *rebooted) during(what, point string, begin func() int64) {
	r.t.Helper()
	op, machine := begin(), r.k.machine
	r.spawn(keeperOrder{Boot: r.boot(), Point: point}, nil)
	if d, there := r.domain(machine); there && d.State.Active() {
		harness.Virsh(r.t, "destroy", d.Name)
	}
	r.boots++
	r.spawn(keeperOrder{Boot: r.boot()}, func() bool {
		status := r.status(machine)
		return r.operation(op).Ended != 0 && status.Running && status.BootID == r.boot() && status.StartedWith != ""
	})
	if row := r.operation(op); row.Status != operation.Complete && row.Status != operation.Failed {
		r.t.Errorf("%s, %s: the operation is %s at %q (%s)", what, point, row.Status, row.Step, row.StatusInfo)
	}
	var want []string
	r.k.view(func(tx *store.Tx) error {
		layers, err := layer.All(tx)
		for _, l := range layers {
			want = append(want, block.DrivePath(r.dataDir, l.Tier, l.Folder, l.File))
		}
		return err
	})
	want = append(want, r.k.head())
	slices.Sort(want)
	have := slices.DeleteFunc(r.k.pooled(), func(path string) bool { return !slices.Contains(want, path) && r.ofAnother(path) })
	if d := cmp.Diff(want, have); d != "" {
		r.t.Errorf("%s, %s: files (-rows +host):\n%s", what, point, d)
	}
	if blocks := harness.Virsh(r.t, "domblklist", fmt.Sprintf("dp-%s-%d", r.instance, machine)); !strings.Contains(blocks, r.k.head()) {
		r.t.Errorf("%s, %s: the guest has\n%s, its row says %s", what, point, blocks, r.k.head())
	}
}

// ofAnother reports whether a file is that of another drive than the first.
func (r *rebooted) ofAnother(path string) bool {
	return !strings.Contains(path, fmt.Sprintf("/%d-", r.k.drive)) && !strings.Contains(path, fmt.Sprintf("/%d.", r.k.drive))
}
