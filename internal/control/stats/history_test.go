package stats_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

// TestPartsHaveHistories has a guest read, write, send and receive for half a day, twice as much in every other five minutes.
func TestPartsHaveHistories(t *testing.T) {
	rig.OnEach(t, func(t *testing.T, db *store.DB) {
		b := on(t, db)
		drive, nic := b.drive(1), b.nic(1)
		idle := b.drive(2)
		done := int64(0)
		for i := range int64(12 * 12) {
			done += 300 * 1000 * (1 + i%2)
			b.pass(5*time.Minute, domain(1, libvirt.Load{
				VCPUs: []time.Duration{time.Duration(done)},
				Disks: []libvirt.DiskLoad{{Path: fmt.Sprintf("/d/%d-0badcafe.qcow2", drive), ReadBytes: done, WrittenBytes: 2 * done, Reads: done / 1000, Writes: done / 1000}},
				NICs:  []libvirt.NICLoad{{Device: fmt.Sprintf("dpab12t%d", nic), TxBytes: done, RxBytes: 3 * done, TxPackets: done / 1000, RxPackets: done / 1000}},
			}))
		}
		short, long := rows[compute.MachineDriveStatsHistoryShort](b), rows[compute.MachineDriveStatsHistoryLong](b)
		if len(short) != 143 || len(long) != 6 {
			t.Fatalf("%d rows in the short history and %d in the long one", len(short), len(long))
		}
		same(t, "drive, short", short[142], compute.MachineDriveStatsHistoryShort{
			ParentDrive: drive, Rops: 2, Wops: 2, Rbps: 2000, Wbps: 4000, Reads: done / 1000, Writes: done / 1000, ReadBytes: done, WriteBytes: 2 * done,
		})
		drives := long[5]
		same(t, "drive, long", drives, compute.MachineDriveStatsHistoryLong{
			ParentDrive: drive, RopsPeak: 2, RopsAvg: 2, WopsPeak: 2, WopsAvg: 2, RbpsPeak: 2000, RbpsAvg: 1500, WbpsPeak: 4000, WbpsAvg: 3000,
			Reads: drives.ReadBytes / 1000, Writes: drives.ReadBytes / 1000, ReadBytes: drives.ReadBytes, WriteBytes: 2 * drives.ReadBytes,
		})
		nics := rows[compute.MachineNICStatsHistoryLong](b)
		same(t, "NIC, long", nics[5], compute.MachineNICStatsHistoryLong{
			ParentNIC: nic, TxppsPeak: 2, TxppsAvg: 2, RxppsPeak: 2, RxppsAvg: 2, TxbpsPeak: 2000, TxbpsAvg: 1500, RxbpsPeak: 6000, RxbpsAvg: 4500,
			TxPckts: drives.Reads, RxPckts: drives.Reads, TxBytes: drives.ReadBytes, RxBytes: 3 * drives.ReadBytes,
		})
		if len(rows[compute.MachineStatsHistoryLong](b)) != 6 {
			t.Error("the machine has no long history")
		}
		b.delete("machine_nics", nic)
		b.delete("machines", 1)
		if n := len(rows[compute.MachineDriveStatsHistoryShort](b)) + len(rows[compute.MachineDriveStatsHistoryLong](b)) + len(rows[compute.MachineNICStatsHistoryShort](b)) +
			len(rows[compute.MachineStatsHistoryLong](b)); n > 0 {
			t.Errorf("%d rows of what is gone (%d has none)", n, idle)
		}
	})
}

// TestLongHistoryIsBounded lets forty days go by.
func TestLongHistoryIsBounded(t *testing.T) {
	t.Parallel()
	b := open(t)
	b.update(func(tx *store.Tx) error {
		return tx.Change("machine_stats", schema.IntValue(3), schema.Set{"total_cpu": schema.RealValue(7), "core_peak": schema.IntValue(9)})
	})
	for range 40 * 12 {
		b.pass(2 * time.Hour)
	}
	long := rows[compute.MachineStatsHistoryLong](b)
	if len(long) != 360 {
		t.Errorf("%d rows", len(long))
	}
	same(t, "a row", long[0], compute.MachineStatsHistoryLong{Machine: 3, TotalCPU: 7, CorePeak: 9})
}

func same[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.IgnoreFields(want, "Key", "Timestamp")); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func rows[T any, P store.Row[T]](b *bench) (found []T) {
	b.t.Helper()
	err := b.db.View(background, func(tx *store.Tx) (err error) {
		found, err = store.FindRows[T, P](tx)
		return err
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return found
}

func (b *bench) drive(machine int64) int64 {
	return create(b, compute.MachineDriveSet{}.Machine(machine).Name("disk"))
}

func (b *bench) nic(machine int64) int64 {
	return create(b, compute.MachineNICSet{}.Machine(machine).Name("nic").Macaddress("52:54:00:00:00:01"))
}

func create[S interface {
	~map[string]schema.Value
	TableName() string
}](b *bench, s S) (key int64) {
	b.update(func(tx *store.Tx) error {
		k, err := store.Create(tx, s)
		key = k.Int()
		return err
	})
	return key
}

func (b *bench) delete(table string, key int64) {
	b.update(func(tx *store.Tx) error { return tx.Delete(table, schema.IntValue(key)) })
}

// BenchmarkHistory measures the pass that writes the histories of 20,000 running VMs, each with a drive and a NIC.
func BenchmarkHistory(bm *testing.B) {
	b := open(bm)
	for range 20 {
		b.update(func(tx *store.Tx) error {
			for i := range 1000 {
				m, err := store.Create(tx, compute.MachineSet{}.Type("vm").Name(fmt.Sprint(i)))
				if err != nil {
					return err
				}
				if _, err = store.Create(tx, compute.MachineDriveSet{}.Machine(m.Int()).Name("disk")); err != nil {
					return err
				}
				if _, err = store.Create(tx, compute.MachineNICSet{}.Machine(m.Int()).Name("nic")); err != nil {
					return err
				}
				if err := store.Write(tx, m, compute.MachineStatsSet{}.TotalCPU(5)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	loads := make([]libvirt.Load, 0, 20_000)
	for _, m := range rows[compute.Machine](b) {
		loads = append(loads, domain(m.Key, libvirt.Load{VCPUs: []time.Duration{0}, Given: 1 << 30, Resident: 1 << 29}))
	}
	b.pass(0, loads...)
	b.pass(10*time.Second, loads...)
	for bm.Loop() {
		b.pass(5*time.Minute, loads...)
	}
	bm.ReportMetric(float64(len(rows[compute.MachineDriveStatsHistoryShort](b))), "rows")
}
