package metrics_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"dewpoint/internal/metrics"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/network"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/test/rig"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

var background = context.Background()

const nasty = "a\"} 1\nevil{x=\"\\y"

// page is what Prometheus' own parser reads.
func page(t *testing.T, db *store.DB) map[string]*dto.MetricFamily {
	t.Helper()
	var b bytes.Buffer
	if err := metrics.New(db).WriteText(background, &b); err != nil {
		t.Fatal(err)
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(&b)
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// only returns the one metric of a family, with its labels and value as text.
func only(t *testing.T, families map[string]*dto.MetricFamily, name string) string {
	t.Helper()
	f := families[name]
	if f == nil || len(f.Metric) != 1 {
		t.Fatalf("%s: %v", name, f)
	}
	m := f.Metric[0]
	text := ""
	for _, l := range m.Label {
		text += l.GetName() + "=" + l.GetValue() + " "
	}
	return text + fmt.Sprint(m.GetGauge().GetValue()+m.GetCounter().GetValue())
}

func TestPrometheusReadsWhatIsKnown(t *testing.T) {
	rig.OnEach(t, func(t *testing.T, db *store.DB) {
		one := fill(t, db, nasty)
		families := page(t, db)
		machine := fmt.Sprint(one.machine)
		for name, want := range map[string]string{
			"dewpoint_vm_info":                   "vm=1 machine=" + machine + " uuid=" + one.uuid + " name=" + nasty + " 1",
			"dewpoint_vm_running":                "vm=1 1",
			"dewpoint_vm_cpu_percent":            "vm=1 42",
			"dewpoint_vm_memory_used_bytes":      "vm=1 1.048576e+08",
			"dewpoint_vm_memory_assigned_bytes":  "vm=1 5.36870912e+08",
			"dewpoint_drive_read_bytes_total":    "machine=" + machine + " drive=1 4096",
			"dewpoint_drive_written_bytes_total": "machine=" + machine + " drive=1 8192",
			"dewpoint_network_info":              "network=1 name=lan 1",
			"dewpoint_network_running":           "network=1 0",
		} {
			if got := only(t, families, name); got != want {
				t.Errorf("%s is %q, want %q", name, got, want)
			}
		}
		for _, name := range []string{"process_resident_memory_bytes", "go_goroutines"} {
			if families[name] == nil {
				t.Errorf("our own process lacks %s", name)
			}
		}
		if families["evil"] != nil {
			t.Error("a name has made a metric")
		}
		// What is off has no load, and its drives no counters.
		update(t, db, func(tx *store.Tx) error {
			return store.Write(tx, one.machine, compute.MachineStatusSet{}.Running(false))
		})
		families = page(t, db)
		if f := families["dewpoint_vm_cpu_percent"]; f != nil && len(f.Metric) > 0 {
			t.Error("a VM that is off has a load")
		}
		if got := only(t, families, "dewpoint_vm_running"); got != "vm=1 0" {
			t.Error(got)
		}
	})
}

type made struct {
	machine int64
	uuid    string
}

// fill makes a VM that runs, with a drive, and a network.
func fill(t testing.TB, db *store.DB, name string) (m made) {
	t.Helper()
	update(t, db, func(tx *store.Tx) error {
		key, err := store.Create(tx, compute.VMSet{}.Name(name).RAM(512))
		if err != nil {
			return err
		}
		v, err := store.GetRow[compute.VM](tx, key)
		if err != nil {
			return err
		}
		m = made{v.Machine, v.UUID}
		drive, err := store.Create(tx, compute.MachineDriveSet{}.Machine(v.Machine).Name("disk"))
		if err != nil {
			return err
		}
		if err := store.Write(tx, drive, compute.MachineDriveStatsSet{}.ReadBytes(4096).WriteBytes(8192)); err != nil {
			return err
		}
		if err := store.Write(tx, v.Machine, compute.MachineStatusSet{}.Running(true)); err != nil {
			return err
		}
		if err := store.Write(tx, v.Machine, compute.MachineStatsSet{}.TotalCPU(42).RAMUsed(100).VramUsed(512)); err != nil {
			return err
		}
		_, err = store.Create(tx, network.VnetSet{}.Name("lan"))
		return err
	})
	return m
}

func update(t testing.TB, db *store.DB, f func(*store.Tx) error) {
	t.Helper()
	if err := db.Update(background, f); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkPage writes the page of 20,000 VMs, all of which run with two drives and two NICs.
func BenchmarkPage(b *testing.B) {
	db := rig.Database(b, b.TempDir())
	for i := range 20 {
		update(b, db, func(tx *store.Tx) error {
			for n := range 1000 {
				key, err := store.Create(tx, compute.VMSet{}.Name(fmt.Sprintf("vm-%d-%d", i, n)))
				if err != nil {
					return err
				}
				v, err := store.GetRow[compute.VM](tx, key)
				if err != nil {
					return err
				}
				for range 2 {
					if _, err := store.Create(tx, compute.MachineDriveSet{}.Machine(v.Machine).Name("disk")); err != nil {
						return err
					}
					if _, err := store.Create(tx, compute.MachineNICSet{}.Machine(v.Machine).Name("nic")); err != nil {
						return err
					}
				}
				if err := store.Write(tx, v.Machine, compute.MachineStatusSet{}.Running(true)); err != nil {
					return err
				}
				if err := tx.Change("machine_stats", schema.IntValue(v.Machine), schema.Set(compute.MachineStatsSet{}.TotalCPU(5).RAMUsed(100).VramUsed(512))); err != nil {
					return err
				}
			}
			return nil
		})
	}
	source := metrics.New(db)
	for b.Loop() {
		var page bytes.Buffer
		if err := source.WriteText(background, &page); err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(page.Len()))
	}
}
