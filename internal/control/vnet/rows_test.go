package vnet

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/host/dnsmasq"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/network"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

// database is a real one with one network, whose router is machine, and one NIC on it.
type database struct {
	*store.DB
	vnet, machine, nic int64
	commits            int
}

const thisBoot = "boot-1"

func newDatabase(t *testing.T) *database {
	t.Helper()
	return newDatabaseOn(t, rig.Database(t, t.TempDir()))
}

// newDatabaseOn is newDatabase on one of the caller's.
func newDatabaseOn(t *testing.T, db *store.DB) *database {
	t.Helper()
	d := &database{DB: db}
	d.update(t, func(tx *store.Tx) error {
		d.vnet = create(t, tx, "vnets", schema.Set{
			"name": text("lab"), "enabled": schema.BoolValue(true), "network": text("10.0.0.0/24"),
			"dhcp_enabled": schema.BoolValue(true), "dhcp_start": text("10.0.0.10"), "dhcp_stop": text("10.0.0.99"),
			"domain": text("lab.example"), "dnslist": text("192.0.2.1, 192.0.2.2\nnonsense"),
		})
		row, err := store.GetRow[network.Vnet](tx, schema.IntValue(d.vnet))
		if err != nil {
			return err
		}
		d.machine = row.Machine
		vm := create(t, tx, "machines", schema.Set{"name": text("web"), "type": text("vm")})
		d.nic = create(t, tx, "machine_nics", schema.Set{
			"name": text("nic_0"), "macaddress": text("02:00:00:00:00:0a"),
			"vnet": schema.IntValue(d.vnet), "machine": schema.IntValue(vm),
		})
		return nil
	})
	d.Watch(func([]store.Change) { d.commits++ })
	return d
}

func text(s string) schema.Value { return schema.TextValue(s) }

func create(t *testing.T, tx *store.Tx, table string, set schema.Set) int64 {
	t.Helper()
	r := schema.NewRecord(tx.Schema().Table(table))
	r.PutAll(set)
	key, err := tx.Create(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	return key.Int()
}

func (d *database) update(t *testing.T, f func(*store.Tx) error) {
	t.Helper()
	if err := d.Update(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

func (d *database) change(t *testing.T, table string, key int64, set schema.Set) {
	t.Helper()
	d.update(t, func(tx *store.Tx) error { return tx.Change(table, schema.IntValue(key), set) })
}

func (d *database) ask(t *testing.T, op string, seq int64) {
	t.Helper()
	d.change(t, "machines", d.machine, schema.Set{"power_op": text(op), "power_seq": schema.IntValue(seq)})
}

func (d *database) rows() *StoreRows { return NewStoreRows(d.DB, 1, thisBoot) }

func (d *database) wish(t *testing.T) Vnet {
	t.Helper()
	list, err := d.rows().Wish(t.Context())
	if err != nil || len(list) != 1 {
		t.Fatalf("Wish says %+v, %v", list, err)
	}
	return list[0]
}

func (d *database) report(t *testing.T, f Fact) {
	t.Helper()
	f.Key = d.vnet
	if err := d.rows().Report(t.Context(), []Fact{f}); err != nil {
		t.Fatal(err)
	}
}

func get[T any, P interface {
	*T
	TableName() string
	Scan(*schema.Record)
}](t *testing.T, d *database, key int64) (row T) {
	t.Helper()
	if err := d.View(t.Context(), func(tx *store.Tx) (err error) {
		row, err = store.GetRow[T, P](tx, schema.IntValue(key))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return row
}

func TestWishReadsTheColumns(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.update(t, func(tx *store.Tx) error {
		create(t, tx, "vnet_addresses", schema.Set{
			"vnet": schema.IntValue(d.vnet), "type": text("static"), "ip": text("10.0.0.5"),
			"mac": text("02:00:00:00:00:05"), "hostname": text("db"),
		})
		create(t, tx, "vnet_addresses", schema.Set{
			"vnet": schema.IntValue(d.vnet), "type": text("static"), "ip": text("10.0.0.5"),
			"mac": text("02:00:00:00:00:06"),
		})
		return nil
	})
	d.change(t, "machine_nics", d.nic, schema.Set{"ip_reserved": schema.BoolValue(true), "ipaddress": text("10.0.0.6")})
	want := Vnet{
		Key: d.vnet, ID: get[network.Vnet](t, d, d.vnet).StorageID, Name: "lab", MTU: 1500, Network: prefix("10.0.0.0/24"), Router: addr("10.0.0.1"), NAT: true, DHCP: true, DHCPStart: addr("10.0.0.10"),
		DHCPEnd: addr("10.0.0.99"), DNS: true, Domain: "lab.example", Hostname: "router", DNSServers: []netip.Addr{addr("192.0.2.1"), addr("192.0.2.2")},
		Hosts: []dnsmasq.Host{
			{MAC: net.HardwareAddr{2, 0, 0, 0, 0, 5}, IP: addr("10.0.0.5"), Name: "db"},
			{MAC: net.HardwareAddr{2, 0, 0, 0, 0, 10}, IP: addr("10.0.0.6")},
		},
	}
	if diff := cmp.Diff(want, d.wish(t), comparables); diff != "" {
		t.Errorf("wish (-want +got):\n%s", diff)
	}
	d.change(t, "vnets", d.vnet, schema.Set{"enabled": schema.BoolValue(false)})
	if v := d.wish(t); !v.Absent {
		t.Errorf("a disabled network is wished as %+v", v)
	}
}

func TestPowerIsCarriedOutOnceAndRemembered(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	type wish struct{ running, restart bool }
	for i, step := range []struct {
		op   string
		want wish
	}{{"", wish{}}, {"poweron", wish{true, false}}, {"reset", wish{true, true}}, {"poweroff", wish{}}, {"poweron", wish{true, false}}, {"kill", wish{}}} {
		if step.op != "" {
			d.ask(t, step.op, int64(i))
		}
		v := d.wish(t)
		if got := (wish{v.Running, v.Restart}); got != step.want || v.Seq != int64(i) {
			t.Errorf("%q is wished as %+v, seq %d", step.op, got, v.Seq)
		}
		d.report(t, Fact{Seq: v.Seq, Wanted: v.Running, Settled: true, Running: v.Running, Started: time.Unix(50, 0)})
		if v := d.wish(t); v.Running != step.want.running || v.Restart {
			t.Errorf("carried out, %q is wished as %+v", step.op, v)
		}
	}
}

func TestPowerLoss(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		onLoss        string
		before, after bool
	}{{"power_on", false, true}, {"leave_off", true, false}, {"last_state", true, true}, {"last_state", false, false}} {
		d := newDatabase(t)
		d.change(t, "vnets", d.vnet, schema.Set{"on_power_loss": text(c.onLoss)})
		d.report(t, Fact{Wanted: c.before, Settled: true})
		list, err := NewStoreRows(d.DB, 1, "boot-2").Wish(t.Context())
		if err != nil || len(list) != 1 || list[0].Running != c.after {
			t.Errorf("%+v: after a boot the wish is %+v, %v", c, list, err)
		}
		if v := d.wish(t); v.Running != c.before {
			t.Errorf("%+v: within the boot the wish is %+v", c, v)
		}
	}
}

func TestNameIsInTheRow(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	if v := d.wish(t); len(v.ID) != 8 {
		t.Errorf("a new network has the id %q", v.ID)
	}
	d.change(t, "vnets", d.vnet, schema.Set{"storage_id": {}}) // as a row that is older than the column
	if v := d.wish(t); v.ID != "" {
		t.Errorf("a network of an older version has the id %q", v.ID)
	}
	for _, key := range []int64{d.vnet, d.vnet + 1} {
		if err := d.rows().Name(t.Context(), key, "0badcafe"); err != nil {
			t.Error(err)
		}
	}
	if v := d.wish(t); v.ID != "0badcafe" {
		t.Errorf("once named it has the id %q", v.ID)
	}
}

func TestReportWritesFactsOnce(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	lease := func(last byte, name string) dnsmasq.Lease {
		ip := addr("10.0.0.0").As4()
		ip[3] = last
		return dnsmasq.Lease{Expiry: time.Unix(9000, 0), MAC: net.HardwareAddr{2, 0, 0, 0, 0, last}, IP: netip.AddrFrom4(ip), Hostname: name}
	}
	running := Fact{Wanted: true, Settled: true, Running: true, Status: Running, Started: time.Unix(50, 0), Leases: []dnsmasq.Lease{lease(10, "web"), lease(11, "")}}
	faulty := running
	faulty.Status, faulty.Settled, faulty.Message, faulty.Leases = Failed, false, "why", running.Leases[1:]
	type row struct{ IP, MAC, Hostname, Status, State, Info, NIC string }
	for _, c := range []struct {
		fact Fact
		want []row
	}{
		{running, []row{{"10.0.0.10", "02:00:00:00:00:0a", "web", "running", "online", "", "10.0.0.10"}, {"10.0.0.11", "02:00:00:00:00:0b", "", "running", "online", "", "10.0.0.10"}}},
		{faulty, []row{{"10.0.0.11", "02:00:00:00:00:0b", "", "running", "warning", "why", ""}}},
	} {
		d.report(t, c.fact)
		status, nic := get[compute.MachineStatus](t, d, d.machine), get[compute.MachineNIC](t, d, d.nic)
		if !status.Running || status.Started != 50 || status.Node != 1 || !status.Powerstate || status.BootID != thisBoot {
			t.Errorf("status is %+v", status)
		}
		var got []row
		if err := d.View(t.Context(), func(tx *store.Tx) error {
			found, err := store.FindRows[network.VnetAddress](tx, store.Eq("type", text("dynamic")))
			for _, a := range found {
				got = append(got, row{a.IP, a.MAC, a.Hostname, status.Status, status.State, status.StatusInfo, nic.Ipaddress})
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("rows (-want +got):\n%s", diff)
		}
		before := d.commits
		d.report(t, c.fact)
		if d.commits != before {
			t.Error("the same fact was written twice")
		}
	}
}

func TestReservedAddressOfANICStays(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.change(t, "machine_nics", d.nic, schema.Set{"ip_reserved": schema.BoolValue(true), "ipaddress": text("10.0.0.6")})
	d.report(t, Fact{Running: true})
	if nic := get[compute.MachineNIC](t, d, d.nic); nic.Ipaddress != "10.0.0.6" {
		t.Errorf("the address became %q", nic.Ipaddress)
	}
}

func TestTombstoneIsPurgedWhenGone(t *testing.T) {
	t.Parallel()
	d := newDatabase(t)
	d.change(t, "machine_nics", d.nic, schema.Set{"vnet": {}}) // a network with NICs can't be deleted
	d.update(t, func(tx *store.Tx) error { return tx.Delete("vnets", schema.IntValue(d.vnet)) })
	if v := d.wish(t); !v.Absent {
		t.Errorf("a deleted network is wished as %+v", v)
	}
	d.report(t, Fact{})
	d.wish(t) // still there
	d.report(t, Fact{Gone: true, Settled: true})
	if list, err := d.rows().Wish(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("after the fact the rows are %+v, %v", list, err)
	}
	for table, cond := range map[string]store.Cond{"machines": store.Eq("type", text("vnet")), "machine_status": store.Eq("machine", schema.IntValue(d.machine))} {
		if err := d.View(t.Context(), func(tx *store.Tx) error {
			n, err := tx.Count(table, store.Everything(), cond)
			if n != 0 {
				t.Errorf("%s still has %d rows", table, n)
			}
			return err
		}); err != nil {
			t.Error(err)
		}
	}
}

// TestRowsAndHostTogether runs a network from its rows to a client's lease and back to nothing.
func TestRowsAndHostTogether(t *testing.T) {
	t.Parallel()
	d, h := newDatabase(t), newReal(t)
	c := h.Config
	c.Rows = d.rows()
	together := &realHost{New(c), h.rows, h.steps}
	d.ask(t, "poweron", 1)
	reconcile(t, together.Controller)
	if s := get[compute.MachineStatus](t, d, d.machine); !s.Running || s.Status != "running" || s.DoneSeq != 1 || s.Started == 0 {
		t.Fatalf("status is %+v", s)
	}
	joined := together.join(t, d.vnet)
	mac := joined.mac(t)
	d.change(t, "machine_nics", d.nic, schema.Set{"macaddress": text(mac)})
	ack := joined.dhcp(t, "web")
	reconcile(t, together.Controller)
	if nic := get[compute.MachineNIC](t, d, d.nic); nic.Ipaddress != ack.YourIPAddr.String() {
		t.Errorf("the NIC's address is %q, the client has %v", nic.Ipaddress, ack.YourIPAddr)
	}
	before := d.commits
	reconcile(t, together.Controller)
	if d.commits != before {
		t.Error("a pass with nothing to do wrote rows")
	}
	d.change(t, "machine_nics", d.nic, schema.Set{"vnet": {}})
	d.update(t, func(tx *store.Tx) error { return tx.Delete("vnets", schema.IntValue(d.vnet)) })
	reconcile(t, together.Controller)
	if list, err := d.rows().Wish(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("rows left: %+v, %v", list, err)
	}
	if o := h.observe(t); len(o.Vnets) != 0 {
		t.Errorf("left on the host: %+v", o.Vnets)
	}
}
