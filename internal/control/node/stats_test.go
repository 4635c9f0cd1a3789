package node_test

import (
	"errors"
	"fmt"
	"syscall"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"golang.org/x/sys/unix"

	"dewpoint/internal/control/node"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/cluster"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// row reads a row of a generated type.
func row[T any, P interface {
	*T
	TableName() string
	Scan(*schema.Record)
}](t *testing.T, db *store.DB, key int64) (r T) {
	t.Helper()
	view(t, db, func(tx *store.Tx) (err error) {
		r, err = store.GetRow[T, P](tx, schema.IntValue(key))
		return err
	})
	return r
}

func pass(t *testing.T, h *node.Controller) {
	t.Helper()
	if err := h.Reconcile(background); err != nil {
		t.Fatal(err)
	}
}

func TestLoadIsWhatTheKernelCounted(t *testing.T) {
	t.Parallel()
	c, fs := config(t), files()
	c.Root = fs
	say := func(path, text string) { fs[path] = &fstest.MapFile{Data: []byte(text)} }
	say("proc/meminfo", "MemTotal: 8388608 kB\nMemFree: 1 kB\nMemAvailable: 6291456 kB\n")
	say("proc/stat", "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 50 0 50 400 0 0 0 0 0 0\ncpu1 50 0 50 400 0 0 0 0 0 0\nbtime 1700000000\n")
	h := node.New(c)
	id, err := h.Ensure(background)
	if err != nil {
		t.Fatal(err)
	}
	machine := row[cluster.Node](t, c.DB, id.Node).Machine
	first := row[compute.MachineStats](t, c.DB, machine)
	if first.RAMUsed != 2048 || first.RAMPct != 25 || first.CoreUsagelist != "" {
		t.Errorf("before anything can be known of the processors: %+v", first)
	}
	// 200 ticks went by: 80 for programs, of which guests had 60, 20 for the kernel, 10 for interrupts, 10 waiting, 80 for nothing.
	say("proc/stat", "cpu  180 0 120 880 10 4 6 0 60 0\ncpu0 140 0 60 400 0 0 0 0 0 0\ncpu1 40 0 60 480 10 4 6 0 60 0\nbtime 1700000000\n")
	pass(t, h)
	want := compute.MachineStats{
		Key: machine, Machine: machine, TotalCPU: 55, UserCPU: 40, SystemCPU: 10, IowaitCPU: 5, IrqCPU: 5, VmusageCPU: 30, RAMUsed: 2048, RAMPct: 25,
		CoreUsagelist: "[100,10]", CorePeak: 100, CoreCountGt25: 1, CoreCountGt50: 1, CoreCountGt75: 1,
	}
	if d := cmp.Diff(want, row[compute.MachineStats](t, c.DB, machine), cmpopts.IgnoreFields(want, "Modified")); d != "" {
		t.Errorf("load (-want +got):\n%s", d)
	}
	facts := row[cluster.ClusterStatus](t, c.DB, id.Cluster)
	if facts.Status != "online" || facts.TotalRAM != 8192 || facts.PhysRAMUsed != 2048 || facts.PhysTotalCPU != 55 || facts.TotalCores != 2 || facts.OnlineNodes != 1 {
		t.Errorf("cluster status %+v", facts)
	}
}

func TestTierCountersAreTheDisks(t *testing.T) {
	t.Parallel()
	c, fs := config(t), files()
	c.Root = fs
	var inode syscall.Stat_t
	if err := syscall.Stat(c.Data, &inode); err != nil {
		t.Fatal(err)
	}
	counted := func(reads, sectorsRead, writes, sectorsWritten int) {
		fs["proc/diskstats"] = &fstest.MapFile{Data: fmt.Appendf(nil, "%4d %7d vda %d 0 %d 9 %d 0 %d 9 0 0 0\n 99 7 other 1 2 3\n",
			unix.Major(inode.Dev), unix.Minor(inode.Dev), reads, sectorsRead, writes, sectorsWritten)}
	}
	counted(10, 100, 20, 200)
	h := node.New(c)
	if _, err := h.Ensure(background); err != nil {
		t.Fatal(err)
	}
	counted(1_000_010, 100, 1_000_020, 200)
	pass(t, h)
	got := row[storage.StorageTierStats](t, c.DB, 1)
	if got.Reads != 1_000_010 || got.ReadBytes != 51200 || got.Writes != 1_000_020 || got.WriteBytes != 102400 || got.Rops == 0 || got.Wops == 0 || got.Rbps != 0 {
		t.Errorf("counters %+v", got)
	}
	if of := row[storage.ClusterTierStats](t, c.DB, 1); of.Reads != got.Reads || of.Tier != 1 {
		t.Errorf("counters of the cluster's tier %+v", of)
	}
	tier, status := row[storage.StorageTier](t, c.DB, 1), row[storage.ClusterTierStatus](t, c.DB, 1)
	if status.Status == "offline" || !status.Working || status.Capacity != tier.Capacity || status.Capacity == 0 {
		t.Errorf("status %+v of tier %+v", status, tier)
	}
}

func TestNodeSaysThatTheHypervisorIsLost(t *testing.T) {
	t.Parallel()
	for _, cause := range []error{errors.New("refused"), errs.New(errs.Unavailable, "gone", "libvirt is gone")} {
		c := config(t)
		h, id := ensure(t, c)
		h.Probe = probe{failed: cause}
		pass(t, h)
		node := row[compute.MachineStatus](t, c.DB, row[cluster.Node](t, c.DB, id.Node).Machine)
		facts := row[cluster.ClusterStatus](t, c.DB, id.Cluster)
		if node.State != "warning" || node.StatusInfo == "" || node.StatusInfo == "refused" || !node.Running || facts.State != "warning" || facts.StatusInfo != node.StatusInfo {
			t.Errorf("after %v: node %+v, cluster %+v", cause, node, facts)
		}
		h.Probe = probe{}
		pass(t, h)
		if node = row[compute.MachineStatus](t, c.DB, node.Key); node.State != "online" || node.StatusInfo != "" {
			t.Errorf("back again: %+v", node)
		}
	}
}

func TestNodeSumsUpItsVMs(t *testing.T) {
	t.Parallel()
	c := config(t)
	h, id := ensure(t, c)
	err := c.DB.Update(background, func(tx *store.Tx) error {
		for _, running := range []bool{true, true, false} {
			r := schema.NewRecord(tx.Schema().Table("machines"))
			r.Put("type", schema.TextValue("vm"))
			key, err := tx.Create(r, nil)
			if err == nil {
				err = tx.Change("machine_status", key, schema.Set{
					"running": schema.BoolValue(running), "running_cores": schema.IntValue(2), "running_ram": schema.IntValue(512), "node": schema.IntValue(id.Node),
				})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	pass(t, h)
	if got, want := row[cluster.Node](t, c.DB, id.Node).VMStatsTotals, `{"running_cores":4,"running_ram":1024}`; got != want {
		t.Errorf("totals %s, want %s", got, want)
	}
}
