package node_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.uber.org/goleak"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/control/node"
	"dewpoint/internal/model"
	"dewpoint/internal/model/cluster"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/test/rig"
	"dewpoint/test/tmpfs"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var _ loop.Reconciler = (*node.Controller)(nil)

var background = context.Background()

// probe answers what it is told to.
type probe struct{ failed error }

func (probe) Accelerator(context.Context) (string, string) { return "qemu", "KVM self-test: no" }

func (p probe) QEMU(context.Context) (node.QEMU, error) {
	return node.QEMU{Version: "7.2.9", MachineTypes: []string{"pc-q35-7.2", "q35"}, CPUModels: []string{"Nehalem"}}, p.failed
}

func (p probe) Answers(context.Context) error { return p.failed }

const machineID = "0123456789abcdef0123456789abcdef"

// files is the file system of a small host.
func files() fstest.MapFS {
	fs := fstest.MapFS{}
	for path, text := range map[string]string{
		"proc/cpuinfo":                     "processor\t: 0\nmodel name\t: Fast CPU\ncpu MHz\t\t: 2449.998\n\nprocessor\t: 1\nmodel name\t: Fast CPU\ncpu MHz\t\t: 1200.5\n",
		"proc/meminfo":                     "MemTotal:        8388608 kB\nMemFree:  1 kB\n",
		"proc/stat":                        "cpu  1 2 3\nintr " + strings.Repeat("0 ", 100000) + "\nbtime 1700000000\n",
		"proc/sys/kernel/hostname":         "alpha\n",
		"proc/sys/kernel/osrelease":        "6.1.0-18-amd64\n",
		"proc/sys/kernel/random/boot_id":   "b0071d\n",
		"etc/os-release":                   "NAME=\"Debian\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n",
		"etc/machine-id":                   machineID + "\n",
		"sys/class/dmi/id/product_name":    "Box 9\n",
		"sys/kernel/iommu_groups/0/device": "",
	} {
		fs[path] = &fstest.MapFile{Data: []byte(text)}
	}
	return fs
}

func config(t *testing.T) node.Config {
	t.Helper()
	data := t.TempDir()
	return node.Config{DB: rig.Database(t, data), Probe: probe{}, Log: slog.New(slog.DiscardHandler), Root: files(), Data: data, Version: "0.1.0", TableVersion: "26.0.0.1"}
}

func ensure(t *testing.T, c node.Config) (*node.Controller, node.Identity) {
	t.Helper()
	h := node.New(c)
	id, err := h.Ensure(background)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Examine(background); err != nil {
		t.Fatal(err)
	}
	return h, id
}

func view(t *testing.T, db *store.DB, f func(*store.Tx) error) {
	t.Helper()
	if err := db.View(background, f); err != nil {
		t.Fatal(err)
	}
}

func nodes(t *testing.T, db *store.DB) (rows []cluster.Node) {
	t.Helper()
	view(t, db, func(tx *store.Tx) (err error) {
		rows, err = store.FindRows[cluster.Node](tx)
		return err
	})
	return rows
}

func TestFirstPassMakesEverything(t *testing.T) {
	t.Parallel()
	c := config(t)
	_, id := ensure(t, c)
	if len(id.Instance) != 4 || id.Node == 0 || id.Cluster == 0 {
		t.Errorf("identity %+v", id)
	}
	view(t, c.DB, func(tx *store.Tx) error {
		node, err := store.GetRow[cluster.Node](tx, schema.IntValue(id.Node))
		if err != nil {
			return err
		}
		want := cluster.Node{
			Key: id.Node, Name: "alpha", Model: "Box 9", CPU: "Fast CPU", CPUSpeed: "2400 MHz", RAM: 8192, VMRAM: 8192, Cores: 2, Physical: true,
			Iommu: true, IpmiStatus: "offline", VsanNodeid: -1, VsanConnected: true, YbVersion: "26.0.0.1", OSVersion: "Debian GNU/Linux 12 (bookworm)", KernelVersion: "6.1.0-18-amd64",
			AppserverVersion: "0.1.0", QemuVersion: "7.2.9", MachineTypes: `["pc-q35-7.2","q35"]`, CPUModels: `["Nehalem"]`, Accelerator: "qemu", AcceleratorReason: "KVM self-test: no", Cluster: id.Cluster,
			Machine: node.Machine, MachineID: machineID, VMStatsTotals: `{"running_cores":0,"running_ram":0}`,
		}
		if d := cmp.Diff(want, node, cmpopts.IgnoreFields(cluster.Node{}, "Modified")); d != "" {
			t.Errorf("node (-want +got):\n%s", d)
		}
		status, err := store.GetRow[compute.MachineStatus](tx, schema.IntValue(node.Machine))
		if status.Status != "running" || status.State != "online" || !status.Running || status.Node != id.Node || status.Started != 1700000000 || status.BootID != "b0071d" {
			t.Errorf("machine status %+v", status)
		}
		return err
	})
	view(t, c.DB, func(tx *store.Tx) error {
		systems, err := store.FindRows[system.System](tx)
		if err != nil {
			return err
		}
		want := []system.System{{Key: 1, YbVersion: "26.0.0.1", OSVersion: "Debian GNU/Linux 12 (bookworm)", CloudName: "alpha", Branch: "dewpoint", Instance: id.Instance}}
		if d := cmp.Diff(want, systems); d != "" {
			t.Errorf("system (-want +got):\n%s", d)
		}
		settings, err := tx.Find("settings")
		got := map[string]string{}
		for _, s := range settings {
			got[s.Key.Text()] = s.Get("value").Text()
			if s.Get("value") != s.Get("default_value") || s.Get("description").Text() == "" {
				t.Errorf("setting %s lacks its default or description", s.Key.Text())
			}
		}
		if d := cmp.Diff(map[string]string{
			"cloud_name": "alpha", "quarantine_days": "30", "accelerator": "auto", "max_session_age": "259200", "session_idle": "86400", "max_sign_in_age": "2592000",
			"rate_limit_per_hour": "1000", "rate_limit_sessions": "0", "log_days": "365", "log_lines": "1000000", "max_connections": "10000",
		}, got); d != "" {
			t.Errorf("settings (-want +got):\n%s", d)
		}
		return err
	})
}

func TestSecondPassChangesNothing(t *testing.T) {
	t.Parallel()
	c := config(t)
	h, id := ensure(t, c)
	var changes []string
	c.DB.Watch(func(cs []store.Change) {
		for _, ch := range cs {
			if ch.Table.Name != "storage_tiers" && ch.Table.Name != "cluster_tier_status" { // the disk under the test fills and empties
				changes = append(changes, ch.Table.Name)
			}
		}
	})
	if err := h.Reconcile(background); err != nil {
		t.Fatal(err)
	}
	if _, again := ensure(t, c); again != id {
		t.Errorf("after a restart: %+v, want %+v", again, id)
	}
	if len(changes) > 0 {
		t.Errorf("passes without news wrote %v", changes)
	}
}

func TestPeoplesWishesAreKept(t *testing.T) {
	t.Parallel()
	c := config(t)
	var most int64
	c.Bound = func(n int64) { most = n }
	h, id := ensure(t, c)
	set := func(key, value string) {
		t.Helper()
		if err := c.DB.Update(background, func(tx *store.Tx) error {
			return tx.Change("settings", schema.TextValue(key), schema.Set{"value": schema.TextValue(value)})
		}); err != nil {
			t.Fatal(err)
		}
		if err := h.Reconcile(background); err != nil {
			t.Fatal(err)
		}
	}
	if set("max_connections", "12"); most != 12 {
		t.Errorf("%d connections may be open where 12 may", most)
	}
	set("cloud_name", "my cloud")
	view(t, c.DB, func(tx *store.Tx) error {
		s, err := store.GetRow[system.System](tx, schema.IntValue(1))
		if s.CloudName != "my cloud" || s.Instance != id.Instance {
			t.Errorf("system is %+v", s)
		}
		return err
	})
	for _, test := range []struct{ setting, accelerator, reason string }{
		{"kvm", "kvm", "chosen by the setting accelerator; KVM self-test: no"},
		{"fast", "qemu", "KVM self-test: no; the setting accelerator is none of auto, kvm, qemu and doesn't count"},
		{"", "qemu", "KVM self-test: no"},
	} {
		set("accelerator", test.setting)
		if n := nodes(t, c.DB)[0]; n.Accelerator != test.accelerator || n.AcceleratorReason != test.reason {
			t.Errorf("setting %q gives %s, %q", test.setting, n.Accelerator, n.AcceleratorReason)
		}
	}
	c.Accelerator = "kvm"
	ensure(t, c)
	if n := nodes(t, c.DB)[0]; n.Accelerator != "kvm" {
		t.Errorf("the configuration gives %s", n.Accelerator)
	}
}

// TestNodeStaysItselfOnAnotherHost brings the data directory to another host: what ran on the node is still this node's to look after.
func TestNodeStaysItselfOnAnotherHost(t *testing.T) {
	t.Parallel()
	c := config(t)
	_, before := ensure(t, c)
	root := files()
	root["etc/machine-id"] = &fstest.MapFile{Data: []byte(strings.Repeat("f", 32) + "\n")}
	root["proc/sys/kernel/hostname"] = &fstest.MapFile{Data: []byte("beta\n")}
	c.Root = root
	for range 2 {
		if _, after := ensure(t, c); after != before {
			t.Errorf("on another host it is %+v, before it was %+v", after, before)
		}
	}
	rows := nodes(t, c.DB)
	if len(rows) != 1 || rows[0].Name != "beta" || rows[0].MachineID != strings.Repeat("f", 32) {
		t.Errorf("nodes %+v", rows)
	}
}

func TestHostWithoutMachineID(t *testing.T) {
	t.Parallel()
	c := config(t)
	root := files()
	root["etc/machine-id"] = &fstest.MapFile{Data: []byte("uninitialized\n")}
	delete(root, "sys/class/dmi/id/product_name")
	delete(root, "etc/os-release")
	c.Root, c.Probe = root, probe{errors.New("no QEMU")}
	_, one := ensure(t, c)
	_, two := ensure(t, c)
	if one != two {
		t.Errorf("two starts: %+v and %+v", one, two)
	}
	rows := nodes(t, c.DB)
	if len(rows) != 1 || len(rows[0].MachineID) != 32 || rows[0].OSVersion != "Linux" {
		t.Errorf("nodes %+v", rows)
	}
	if err := os.WriteFile(filepath.Join(c.Data, "node-id"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := node.New(c).Ensure(background); err == nil {
		t.Error("a spoilt node-id is replaced, which would make a second node of this host")
	}
}

// TestOneServerKeepsASharedDatabase has servers with data directories of their own come to one database, on one host.
func TestOneServerKeepsASharedDatabase(t *testing.T) {
	t.Parallel()
	db, err := postgres.Open(background, pgtest.Start(t).DSN(), model.Schema())
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	come := func(data string) (*node.Controller, node.Identity) {
		t.Helper()
		h := node.New(node.Config{DB: db, Probe: probe{}, Log: slog.New(slog.DiscardHandler), Root: files(), Data: data, TableVersion: "26"})
		id, err := h.Ensure(background)
		if err != nil {
			t.Fatal(err)
		}
		return h, id
	}
	first, second := t.TempDir(), t.TempDir()
	keeper, one := come(first)
	_, two := come(second)
	if one.Keeper != "" || two.Keeper != "alpha" || one.Instance != two.Instance || one.Cluster != two.Cluster || one.Node == two.Node {
		t.Errorf("the first is %+v, the second %+v", one, two)
	}
	if err := keeper.Reconcile(background); err != nil {
		t.Fatal(err)
	}
	for _, n := range nodes(t, db) {
		view(t, db, func(tx *store.Tx) error {
			status, err := store.GetRow[compute.MachineStatus](tx, schema.IntValue(n.Machine))
			if strings.HasPrefix(status.StatusInfo, "only answers requests: the server on alpha") != (n.Key == two.Node) || status.State != "online" {
				t.Errorf("node %d: %+v", n.Key, status)
			}
			return err
		})
	}
	// Over restarts, and after a move of the data directory, nothing changes.
	moved := filepath.Join(t.TempDir(), "moved")
	if err := os.Rename(first, moved); err != nil {
		t.Fatal(err)
	}
	if _, again := come(second); again != two {
		t.Errorf("the second after a restart: %+v, want %+v", again, two)
	}
	if _, again := come(moved); again != one {
		t.Errorf("the first after a move: %+v, want %+v", again, one)
	}
	if n := len(nodes(t, db)); n != 2 {
		t.Errorf("%d nodes", n)
	}
}

// lateProbe knows no QEMU until it is told to.
type lateProbe struct {
	probe
	there *bool
}

func (p lateProbe) QEMU(ctx context.Context) (node.QEMU, error) {
	if !*p.there {
		return node.QEMU{}, errors.New("libvirt is not running")
	}
	return p.probe.QEMU(ctx)
}

func TestVersionIsLearntWhenTheHypervisorComes(t *testing.T) {
	t.Parallel()
	c, there := config(t), false
	c.Probe = lateProbe{there: &there}
	h, _ := ensure(t, c)
	for _, want := range []string{"", "7.2.9"} {
		there = want != ""
		if err := h.Reconcile(background); err != nil {
			t.Fatal(err)
		}
		if got := nodes(t, c.DB)[0].QemuVersion; got != want {
			t.Errorf("hypervisor there: %v; the node's QEMU is %q, want %q", there, got, want)
		}
	}
}

// TestTiersFollowThePools: a tier is a file system. A directory on that of a lower tier, such as the one of tier 2 here, adds nothing to it.
func TestTiersFollowThePools(t *testing.T) {
	t.Parallel()
	c := config(t)
	h, id := ensure(t, c)
	extra := filepath.Join(c.Data, "pools", "3")
	if err := os.Symlink(tmpfs.Mount(t, 1<<20), extra); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(c.Data, "pools", "2"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := c.DB.Update(background, func(tx *store.Tx) error {
		machine := nodeMachine(tx)
		for tier, size := range map[string]int64{"": 1 << 30, "1": 2 << 30, "2": 8 << 30, "3": 4 << 30} {
			r := schema.NewRecord(tx.Schema().Table("machine_drives"))
			r.Put("machine", machine)
			r.Put("disksize", schema.IntValue(size))
			if tier != "" {
				r.Put("preferred_tier", schema.TextValue(tier))
			}
			key, err := tx.Create(r, nil)
			if err != nil {
				return err
			}
			if tier == "3" {
				if err := tx.Delete("machine_drives", key); err != nil { // what is deleted isn't allocated
					return err
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	expect := func(want map[int64]int64) {
		t.Helper()
		if err := h.Reconcile(background); err != nil {
			t.Fatal(err)
		}
		view(t, c.DB, func(tx *store.Tx) error {
			tiers, err := store.FindRows[storage.StorageTier](tx)
			got := map[int64]int64{}
			for _, s := range tiers {
				got[s.Tier] = s.Allocated
				if s.Capacity <= 0 || s.Used < 0 || s.Used > s.Capacity || s.UsedPct != s.Used*100/s.Capacity {
					t.Errorf("tier %+v", s)
				}
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("allocated by tier (-want +got):\n%s", d)
			}
			n, err2 := tx.Count("cluster_tiers", store.Eq("cluster", schema.IntValue(id.Cluster)))
			if n != int64(len(want)) {
				t.Errorf("%d tiers of the cluster, want %d", n, len(want))
			}
			return errors.Join(err, err2)
		})
	}
	expect(map[int64]int64{1: 11 << 30, 3: 0})
	if err := os.Remove(extra); err != nil {
		t.Fatal(err)
	}
	expect(map[int64]int64{1: 11 << 30})
}

func nodeMachine(tx *store.Tx) schema.Value {
	rows, err := tx.Find("machines", store.Eq("type", schema.TextValue("node")))
	if err != nil || len(rows) != 1 {
		return schema.Value{}
	}
	return rows[0].Key
}

func TestThisHost(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Root = os.DirFS("/")
	ensure(t, c)
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	if n := nodes(t, c.DB)[0]; n.Name != name || n.Cores < 1 || n.RAM < 128 || n.KernelVersion == "" || n.MachineID == "" {
		t.Errorf("this host is %+v", n)
	}
}
