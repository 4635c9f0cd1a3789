package stats_test

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/control/stats"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/test/rig"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var (
	_          loop.Reconciler = (*stats.Controller)(nil)
	_          stats.Host      = (*libvirt.Client)(nil)
	background                 = context.Background()
)

// running is a hypervisor that says what it is told to.
type running struct {
	loads []libvirt.Load
	lost  error
}

func (r *running) Loads(context.Context, string) ([]libvirt.Load, error) { return r.loads, r.lost }

// bench is a node of four cores with two VMs, machines 1 and 2, and its own machine 3.
type bench struct {
	t    testing.TB
	db   *store.DB
	host running
	c    *stats.Controller
	now  time.Time
}

func open(t testing.TB) *bench {
	t.Helper()
	return on(t, rig.Database(t, t.TempDir()))
}

func on(t testing.TB, db *store.DB) *bench {
	t.Helper()
	b := &bench{t: t, db: db, now: time.Unix(1_700_000_000, 0)}
	db.Now = func() time.Time { return b.now }
	b.update(func(tx *store.Tx) error {
		for range 2 {
			r := schema.NewRecord(tx.Schema().Table("machines"))
			r.Put("type", schema.TextValue("vm"))
			if _, err := tx.Create(r, nil); err != nil {
				return err
			}
		}
		node := schema.NewRecord(tx.Schema().Table("nodes"))
		node.Put("cores", schema.IntValue(4))
		_, err := tx.Create(node, nil)
		return err
	})
	b.c = stats.New(stats.Config{DB: db, Host: &b.host, Log: slog.New(slog.DiscardHandler), Instance: "ab12", Node: 1})
	return b
}

func (b *bench) update(f func(*store.Tx) error) {
	b.t.Helper()
	if err := b.db.Update(background, f); err != nil {
		b.t.Fatal(err)
	}
}

// pass lets time go by and looks at what the domains have used since.
func (b *bench) pass(later time.Duration, loads ...libvirt.Load) {
	b.t.Helper()
	b.now, b.host.loads = b.now.Add(later), loads
	if err := b.c.Reconcile(background); err != nil {
		b.t.Fatal(err)
	}
}

func domain(machine int64, l libvirt.Load) libvirt.Load {
	l.Name = "dp-ab12-" + strconv.FormatInt(machine, 10)
	return l
}

func (b *bench) stats(machine int64) (s compute.MachineStats) {
	b.t.Helper()
	err := b.db.View(background, func(tx *store.Tx) (err error) {
		s, err = store.GetRow[compute.MachineStats](tx, schema.IntValue(machine))
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return s
}

func (b *bench) same(what string, machine int64, want compute.MachineStats) {
	b.t.Helper()
	want.Key, want.Machine = machine, machine
	if d := cmp.Diff(want, b.stats(machine), cmpopts.IgnoreFields(want, "Modified")); d != "" {
		b.t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

const (
	mib = 1 << 20
	sec = time.Second
)

func TestVMsAreMeasured(t *testing.T) {
	t.Parallel()
	b := open(t)
	first := domain(1, libvirt.Load{CPU: 10 * sec, VCPUs: []time.Duration{4 * sec, 5 * sec}, Given: 512 * mib, Resident: 100 * mib})
	b.pass(0, first, libvirt.Load{Ref: libvirt.Ref{Name: "dp-ab12-99"}}, libvirt.Load{Ref: libvirt.Ref{Name: "dp-ab12-x"}})
	b.same("first look", 1, compute.MachineStats{RAMUsed: 100, RAMPct: 19, VramUsed: 512, CPUTime: 10})
	b.same("one that doesn't run", 2, compute.MachineStats{})

	second := domain(1, libvirt.Load{CPU: 22 * sec, VCPUs: []time.Duration{14 * sec, 6 * sec}, Given: 512 * mib, Resident: 100 * mib, Total: 480 * mib, Usable: 400 * mib})
	b.pass(10*sec, second)
	// The guest had 10 and 1 of 10 seconds; its process had 12 of the 40 that the node's processors had.
	b.same("second look", 1, compute.MachineStats{
		TotalCPU: 55, VmusageCPU: 30, CPUTime: 22, RAMUsed: 80, RAMPct: 15, VramUsed: 512, CoreUsagelist: "[100,10]", CorePeak: 100, CoreCountGt25: 1, CoreCountGt50: 1, CoreCountGt75: 1,
	})
	again := domain(1, libvirt.Load{CPU: sec, VCPUs: []time.Duration{sec, sec}, Given: 512 * mib, Resident: 50 * mib})
	b.pass(10*sec, again)
	b.same("started anew", 1, compute.MachineStats{RAMUsed: 50, RAMPct: 9, VramUsed: 512, CPUTime: 1})
	b.pass(10 * sec)
	b.same("stopped", 1, compute.MachineStats{})
}

func TestNothingNewIsNotWritten(t *testing.T) {
	t.Parallel()
	b := open(t)
	idle := domain(1, libvirt.Load{VCPUs: []time.Duration{sec}, Given: 64 * mib, Resident: 32 * mib})
	b.pass(0, idle)
	b.pass(10*sec, idle)
	written := 0
	b.db.Watch(func([]store.Change) { written++ })
	b.pass(10*sec, idle)
	if written > 0 {
		t.Errorf("%d transactions", written)
	}
	b.host.lost = errors.New("no libvirt")
	if err := b.c.Reconcile(background); err == nil {
		t.Error("a lost hypervisor is no error")
	}
	if got := b.stats(1).VramUsed; got != 64 {
		t.Errorf("what isn't known was written: %d", got)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.update(func(tx *store.Tx) error { // the host controller measures the node
		return tx.Change("machine_stats", schema.IntValue(3), schema.Set{"total_cpu": schema.RealValue(7), "user_cpu": schema.IntValue(5), "ram_used": schema.IntValue(1000)})
	})
	var took time.Duration
	for range 26 * 12 { // hours of five minutes
		took += 150 * sec
		b.pass(5*time.Minute, domain(1, libvirt.Load{CPU: took, VCPUs: []time.Duration{took}, Given: 64 * mib, Resident: 32 * mib}))
	}
	var rows []compute.MachineStatsHistoryShort
	err := b.db.View(background, func(tx *store.Tx) (err error) {
		rows, err = store.FindRows[compute.MachineStatsHistoryShort](tx)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	count := map[int64]int{}
	for _, r := range rows {
		count[r.Machine]++
		if age := b.now.Unix() - r.Timestamp; age >= 24*60*60 {
			t.Errorf("an entry is %d seconds old", age)
		}
	}
	if d := cmp.Diff(map[int64]int{1: 288, 3: 288}, count); d != "" {
		t.Errorf("entries by machine (-want +got):\n%s", d)
	}
	want := map[int64]compute.MachineStatsHistoryShort{
		1: {Machine: 1, TotalCPU: 50, VmusageCPU: 13, RAMUsed: 32, VramUsed: 64, CorePeak: 50, CoreCountGt25: 1},
		3: {Machine: 3, TotalCPU: 7, UserCPU: 5, RAMUsed: 1000},
	}
	for _, r := range rows[len(rows)-2:] {
		if d := cmp.Diff(want[r.Machine], r, cmpopts.IgnoreFields(r, "Key", "Timestamp")); d != "" {
			t.Errorf("entry (-want +got):\n%s", d)
		}
	}
	b.update(func(tx *store.Tx) error { return tx.Delete("machines", schema.IntValue(1)) })
	b.pass(time.Minute)
	err = b.db.View(background, func(tx *store.Tx) error {
		n, err := tx.Count("machine_stats_history_short", store.Eq("machine", schema.IntValue(1)))
		if n > 0 {
			t.Errorf("%d entries of a machine that is gone", n)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestClockThatWasAhead has figures go to the history in a future that didn't come: they are dropped, the right ones stay, and new ones come
// at once. The log of changes tells the alarm of it.
func TestClockThatWasAhead(t *testing.T) {
	t.Parallel()
	for what, jump := range map[string]time.Duration{"an hour": time.Hour, "nine years": 9 * 365 * 24 * time.Hour} {
		for _, restarted := range []bool{false, true} {
			b := open(t)
			b.update(func(tx *store.Tx) error {
				return tx.Change("machine_stats", schema.IntValue(3), schema.Set{"total_cpu": schema.RealValue(7)})
			})
			right := b.now
			if jump < 24*time.Hour { // else it is old by then
				b.pass(0)
			}
			b.pass(jump)
			b.now = right.Add(5 * time.Minute)
			if restarted {
				b.c = stats.New(b.c.Config)
			}
			b.pass(0)
			b.pass(time.Minute)
			b.pass(4 * time.Minute)
			var got []int64
			err := b.db.View(background, func(tx *store.Tx) error {
				rows, err := store.FindRows[compute.MachineStatsHistoryShort](tx)
				for _, r := range rows {
					got = append(got, (r.Timestamp-right.Unix())/60)
				}
				last, lastErr := tx.LastTime()
				if !last.After(right.Add(jump - time.Minute)) {
					t.Errorf("%s ahead: the last time that is known is %v", what, last)
				}
				return errors.Join(err, lastErr)
			})
			if err != nil {
				t.Fatal(err)
			}
			want := []int64{0, 5, 10}
			if jump >= 24*time.Hour {
				want = want[1:]
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s ahead, restarted %v: entries by minutes (-want +got):\n%s", what, restarted, d)
			}
		}
	}
}

// TestVMsOfOtherNodesAreLeftAlone: what another node measured stays.
func TestVMsOfOtherNodesAreLeftAlone(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.update(func(tx *store.Tx) error {
		for machine, node := range map[int64]int64{1: 2, 2: 1} {
			key := schema.IntValue(machine)
			if err := tx.Change("machine_status", key, schema.Set{"node": schema.IntValue(node)}); err != nil {
				return err
			}
			if err := tx.Change("machine_stats", key, schema.Set{"vram_used": schema.IntValue(512)}); err != nil {
				return err
			}
		}
		return nil
	})
	b.pass(0)
	b.same("one that runs on another node", 1, compute.MachineStats{VramUsed: 512})
	b.same("one that ran here and is off", 2, compute.MachineStats{})
}

func TestPartsAreMeasured(t *testing.T) {
	t.Parallel()
	b := open(t)
	var disk, cdrom, nic schema.Value
	b.update(func(tx *store.Tx) (err error) {
		if disk, err = store.Create(tx, compute.MachineDriveSet{}.Machine(1).Name("disk")); err != nil {
			return err
		}
		if cdrom, err = store.Create(tx, compute.MachineDriveSet{}.Machine(1).Name("cd").Media("cdrom")); err != nil {
			return err
		}
		if err = store.Write(tx, cdrom, compute.MachineDriveStatusSet{}.Holder(1).HeldFile(7)); err != nil {
			return err
		}
		nic, err = store.Create(tx, compute.MachineNICSet{}.Machine(1).Name("nic").Macaddress("52:54:00:00:00:01"))
		return err
	})
	look := func(times int64) libvirt.Load {
		return domain(1, libvirt.Load{
			NICs: []libvirt.NICLoad{{Device: "dpab12t1", TxBytes: 1000 * times, TxPackets: 10 * times, RxBytes: 5000 * times, RxPackets: 20 * times}, {Device: "vnet0", TxBytes: 9}},
			Disks: []libvirt.DiskLoad{
				{Path: "/data/pools/1/x/1-0badcafe.qcow2", Reads: 50 * times, ReadBytes: 4096 * times, Writes: 30 * times, WrittenBytes: 8192 * times, Busy: time.Duration(times) * sec},
				{Path: "/data/media/7-0badcafe", Reads: times},
				{Path: "/data/media/8-0badcafe", Reads: 99},
				{},
			},
		})
	}
	b.pass(0, look(1))
	b.parts("first look", disk, cdrom, nic,
		compute.MachineDriveStats{Reads: 50, Writes: 30, ReadBytes: 4096, WriteBytes: 8192}, compute.MachineDriveStats{Reads: 1},
		compute.MachineNICStats{TxPckts: 10, RxPckts: 20, TxBytes: 1000, RxBytes: 5000})
	b.pass(10*sec, look(3))
	b.parts("second look", disk, cdrom, nic,
		compute.MachineDriveStats{Reads: 150, Writes: 90, ReadBytes: 12288, WriteBytes: 24576, Rops: 10, Wops: 6, Rbps: 819, Wbps: 1638, ServiceTime: 12.5, Util: 20},
		compute.MachineDriveStats{Reads: 3},
		compute.MachineNICStats{
			TxPckts: 30, RxPckts: 60, TxBytes: 3000, RxBytes: 15000, TxPcktsCur: 20, RxPcktsCur: 40, TxBytesCur: 2000, RxBytesCur: 10000,
			Txpps: 2, Rxpps: 4, Txbps: 200, Rxbps: 1000, Totalxbps: 1200,
		})
	b.c = stats.New(b.c.Config) // another run of the program finds the guest off
	b.pass(10 * sec)
	b.parts("stopped", disk, cdrom, nic,
		compute.MachineDriveStats{Reads: 150, Writes: 90, ReadBytes: 12288, WriteBytes: 24576}, compute.MachineDriveStats{Reads: 3},
		compute.MachineNICStats{TxPckts: 30, RxPckts: 60, TxBytes: 3000, RxBytes: 15000})
	b.pass(10*sec, look(5))
	b.pass(10*sec, look(1))
	b.parts("started anew", disk, cdrom, nic,
		compute.MachineDriveStats{Reads: 50, Writes: 30, ReadBytes: 4096, WriteBytes: 8192}, compute.MachineDriveStats{Reads: 1},
		compute.MachineNICStats{TxPckts: 10, RxPckts: 20, TxBytes: 1000, RxBytes: 5000})
}

// parts holds what is written of two drives and a NIC against what ought to be.
func (b *bench) parts(what string, disk, cdrom, nic schema.Value, wantDisk, wantCDROM compute.MachineDriveStats, wantNIC compute.MachineNICStats) {
	b.t.Helper()
	wantDisk.Key, wantDisk.ParentDrive = disk.Int(), disk.Int()
	wantCDROM.Key, wantCDROM.ParentDrive = cdrom.Int(), cdrom.Int()
	wantNIC.Key, wantNIC.ParentNIC = nic.Int(), nic.Int()
	b.update(func(tx *store.Tx) error {
		drives, err := store.FindRows[compute.MachineDriveStats](tx)
		if err != nil {
			return err
		}
		nics, err := store.FindRows[compute.MachineNICStats](tx)
		drop := cmpopts.IgnoreFields(wantDisk, "LastUpdate")
		if d := cmp.Diff([]compute.MachineDriveStats{wantDisk, wantCDROM}, drives, drop); d != "" {
			b.t.Errorf("%s: drives (-want +got):\n%s", what, d)
		}
		if d := cmp.Diff([]compute.MachineNICStats{wantNIC}, nics, cmpopts.IgnoreFields(wantNIC, "LastUpdate")); d != "" {
			b.t.Errorf("%s: NICs (-want +got):\n%s", what, d)
		}
		return err
	})
}
