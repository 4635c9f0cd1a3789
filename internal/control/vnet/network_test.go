package vnet

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/miekg/dns"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/host/dnsmasq"
	"dewpoint/internal/host/link"
	"dewpoint/internal/host/link/linktest"
	"dewpoint/internal/model/column"
)

func TestClientGetsAddressNameAndAnswer(t *testing.T) {
	t.Parallel()
	h := newReal(t, with(usual(1), func(v *Vnet) { v.MTU = 1400 }))
	h.pass(t)
	c := h.join(t, 1)
	ack := c.dhcp(t, "web")

	if got, _ := netip.AddrFromSlice(ack.YourIPAddr.To4()); got.Less(addr("10.0.0.10")) || addr("10.0.0.99").Less(got) {
		t.Errorf("address %v is outside the range", got)
	}
	if !slices.EqualFunc(ack.Router(), []string{"10.0.0.1"}, func(ip net.IP, text string) bool { return ip.String() == text }) {
		t.Errorf("router option is %v", ack.Router())
	}
	if !slices.EqualFunc(ack.DNS(), []string{"10.0.0.1"}, func(ip net.IP, text string) bool { return ip.String() == text }) {
		t.Errorf("name server option is %v", ack.DNS())
	}
	if ack.DomainName() != "lab.example" || ack.SubnetMask().String() != "ffffff00" {
		t.Errorf("domain is %q, mask %v", ack.DomainName(), ack.SubnetMask())
	}

	h.pass(t)
	leases := h.rows.fact(1).Leases
	if len(leases) != 1 || leases[0].IP.String() != ack.YourIPAddr.String() || leases[0].Hostname != "web" ||
		leases[0].MAC.String() != ack.ClientHWAddr.String() || leases[0].Expiry.Before(time.Now()) {
		t.Errorf("leases are %+v, the client got %v", leases, ack.YourIPAddr)
	}
	reply := c.lookup(t, "10.0.0.1", "web.lab.example")
	if len(reply.Answer) != 1 || reply.Answer[0].(*dns.A).A.String() != ack.YourIPAddr.String() {
		t.Errorf("the name resolves to %v", reply)
	}
	if reply := c.lookup(t, "10.0.0.1", "nobody.lab.example"); reply.Rcode != dns.RcodeNameError {
		t.Errorf("an unknown name of the network gives %v, want NXDOMAIN", reply)
	}
}

// TestNamesThatNobodyGets: a client gets its address whatever it is called, and never a name by which it would speak for others.
func TestNamesThatNobodyGets(t *testing.T) {
	t.Parallel()
	h := newReal(t, usual(1))
	h.pass(t)
	for _, name := range []string{"wpad", "WPAD", "localhost"} {
		c := h.join(t, 1)
		ack := c.dhcp(t, name)
		for _, asked := range []string{name, name + ".lab.example"} {
			for _, a := range c.lookup(t, "10.0.0.1", asked).Answer {
				if found, ok := a.(*dns.A); ok && found.A.Equal(ack.YourIPAddr) {
					t.Errorf("a client that calls itself %s is found by %s", name, asked)
				}
			}
		}
	}
	c := h.join(t, 1)
	ack := c.dhcp(t, "wpad2")
	if reply := c.lookup(t, "10.0.0.1", "wpad2.lab.example"); len(reply.Answer) != 1 || reply.Answer[0].(*dns.A).A.String() != ack.YourIPAddr.String() {
		t.Errorf("a client with another name is not found: %v", reply)
	}
}

func TestReservationGivesItsAddressWithoutRestart(t *testing.T) {
	t.Parallel()
	h := newReal(t, usual(1))
	h.pass(t)
	before := h.observe(t).Vnets[1].Dnsmasq
	// Dnsmasq reads the file in its own time, also at its start: a change that comes before that is read once.
	hasRead := func(times int) {
		t.Helper()
		linktest.Eventually(t, fmt.Sprintf("dnsmasq has read the reservations, number %d", times), func() bool {
			log, _ := os.ReadFile(filepath.Join(h.marks.path(1, usual(1).ID), "run", "dnsmasq.log"))
			return strings.Count(string(log), "dnsmasq.hosts") >= times
		})
	}
	hasRead(1)
	c := h.join(t, 1)
	mac, err := net.ParseMAC(c.mac(t))
	if err != nil {
		t.Fatal(err)
	}
	h.rows.want[0].Hosts = []dnsmasq.Host{{MAC: mac, IP: addr("10.0.0.200"), Name: "db"}}
	h.pass(t)
	hasRead(2)
	if ack := c.dhcp(t, "whatever"); ack.YourIPAddr.String() != "10.0.0.200" {
		t.Errorf("got %v", ack.YourIPAddr)
	}
	if reply := c.lookup(t, "10.0.0.1", "db.lab.example"); len(reply.Answer) != 1 {
		t.Errorf("the reserved name resolves to %v", reply)
	}
	if diff := cmp.Diff(before, h.observe(t).Vnets[1].Dnsmasq); diff != "" {
		t.Errorf("dnsmasq was restarted (-before +after):\n%s", diff)
	}
}

func TestChangedSettingsReachTheClient(t *testing.T) {
	t.Parallel()
	h := newReal(t, usual(1))
	h.pass(t)
	before := h.observe(t).Vnets[1]
	h.rows.want[0].DHCPStart, h.rows.want[0].DHCPEnd, h.rows.want[0].Domain = addr("10.0.0.50"), addr("10.0.0.50"), "new.example"
	h.pass(t)
	after := h.observe(t).Vnets[1]
	if after.Router != before.Router || after.Dnsmasq[0].PID == before.Dnsmasq[0].PID {
		t.Errorf("want the same router with a new dnsmasq, got %+v of %+v", after, before)
	}
	if ack := h.join(t, 1).dhcp(t, "x"); ack.YourIPAddr.String() != "10.0.0.50" || ack.DomainName() != "new.example" {
		t.Errorf("got %v in %q", ack.YourIPAddr, ack.DomainName())
	}
}

// uplink is a world beyond the host: a namespace that knows no way back to any network of ours.
func uplink(t *testing.T, host, far string) *net.TCPListener {
	t.Helper()
	ns := linktest.Namespace(t)
	name := "u" + decimal(int64(clientCount.Add(1)))
	if err := link.EnsureVeth(link.Veth{Name: name, Inside: ns, Peer: "eth0", MTU: 1500}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = link.Delete(name) })
	if err := link.EnsureAddress(name, prefix(host)); err != nil {
		t.Fatal(err)
	}
	var listener *net.TCPListener
	if err := link.In(ns, func() (err error) {
		if err := link.EnsureAddress("eth0", prefix(far)); err != nil {
			return err
		}
		listener, err = net.ListenTCP("tcp4", &net.TCPAddr{})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

// dial connects from inside the client's namespace and returns the address that the other side sees.
func (c client) dial(t *testing.T, l *net.TCPListener, ip string) (seen string, err error) {
	t.Helper()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	var conn net.Conn
	err = link.In(c.ns, func() (err error) {
		conn, err = net.DialTimeout("tcp4", net.JoinHostPort(ip, port), 2*time.Second)
		return err
	})
	if err != nil {
		return "", err
	}
	defer conn.Close()
	other, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	seen, _, err = net.SplitHostPort(other.RemoteAddr().String())
	return seen, err
}

func TestNATLeadsOutUnderTheHostsAddress(t *testing.T) {
	t.Parallel()
	h := newReal(t, usual(1))
	h.pass(t)
	world := uplink(t, "198.51.100.1/30", "198.51.100.2/30")
	c := h.join(t, 1)
	c.dhcp(t, "web")
	if seen, err := c.dial(t, world, "198.51.100.2"); err != nil || seen != "198.51.100.1" {
		t.Errorf("the world sees %q, %v, want the host's address", seen, err)
	}
	h.rows.want[0].NAT = false
	h.pass(t)
	if seen, err := c.dial(t, world, "198.51.100.2"); err == nil {
		t.Errorf("without NAT the world sees %q", seen)
	}
}

func TestSameSubnetTwiceStaysApart(t *testing.T) {
	t.Parallel()
	h := newReal(t, usual(1), usual(2))
	h.pass(t)
	world := uplink(t, "198.51.100.5/30", "198.51.100.6/30")
	have := h.observe(t)
	t.Run("clients", func(t *testing.T) {
		for key := int64(1); key <= 2; key++ {
			t.Run(decimal(key), func(t *testing.T) {
				t.Parallel()
				c := h.join(t, key)
				c.dhcp(t, "same")
				if seen, err := c.dial(t, world, "198.51.100.6"); err != nil || seen != "198.51.100.5" {
					t.Errorf("the world sees %q, %v", seen, err)
				}
				other := farEnd(have.Vnets[3-key].Wan.Address).Addr().String()
				if err := link.In(c.ns, func() error {
					_, err := net.DialTimeout("tcp4", net.JoinHostPort(other, "53"), 500*time.Millisecond)
					return err
				}); err == nil {
					t.Error("reaches the router of the other")
				}
			})
		}
	})
	h.pass(t)
	for key := int64(1); key <= 2; key++ {
		if leases := h.rows.fact(key).Leases; len(leases) != 1 {
			t.Errorf("network %d has leases %+v", key, leases)
		}
	}
}

func TestSteadyStateChangesNothingAndSurvivesTheManager(t *testing.T) {
	t.Parallel()
	h := newReal(t, usual(1), with(usual(2), func(v *Vnet) { v.NAT = false }))
	h.pass(t)
	before, links := h.observe(t), indexes(t, h)
	h.steps.taken = nil
	h.pass(t)
	next := New(h.Config) // a manager that starts anew finds all as it was
	reconcile(t, next)
	if len(h.steps.taken) > 0 {
		t.Errorf("with nothing to do the passes took %v", h.steps.taken)
	}
	ignore := cmpopts.IgnoreFields(Observed{}, "Addresses") // of all tests' hosts
	if diff := cmp.Diff(before, h.observe(t), comparables, ignore); diff != "" {
		t.Errorf("host changed (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(links, indexes(t, h)); diff != "" {
		t.Errorf("links changed (-before +after):\n%s", diff)
	}
}

func indexes(t *testing.T, h *realHost) map[string]int {
	t.Helper()
	list, err := link.List(h.marks.Links())
	if err != nil || len(list) == 0 {
		t.Fatalf("links are %v, %v", list, err)
	}
	out := make(map[string]int)
	for _, l := range list {
		out[l.Name] = l.Index
	}
	return out
}

func TestDamageIsMended(t *testing.T) {
	t.Parallel()
	h := newReal(t, usual(1))
	h.pass(t)
	m, ns := h.marks, h.marks.Namespace(1)
	for name, harm := range map[string]func() error{
		"dnsmasq killed":  func() error { return dnsmasq.Stop(t.Context(), h.observe(t).Vnets[1].Dnsmasq[0]) },
		"lan deleted":     func() error { return link.Delete(m.LAN(1)) },
		"wan deleted":     func() error { return link.In(ns, func() error { return link.Delete(wanLink) }) },
		"bridge deleted":  func() error { return link.Delete(m.Bridge(1)) },
		"rules flushed":   func() error { return link.In(ns, exec.Command("nft", "flush", "ruleset").Run) },
		"host table gone": exec.Command("nft", "delete", "table", "inet", m.Table()).Run,
		"files deleted":   func() error { return os.RemoveAll(m.path(1, usual(1).ID)) },
		"namespace gone":  func() error { return link.DeleteNamespace(ns) },
		"address replaced": func() error {
			return link.In(ns, func() error { return link.EnsureAddress(lanLink, prefix("10.9.9.9/24")) })
		},
		"transit replaced": func() error {
			return link.In(ns, func() error { return link.EnsureAddress(wanLink, prefix("10.9.9.9/24")) })
		},
	} {
		if err := harm(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		h.pass(t)
		c := h.join(t, 1)
		if err := link.In(c.ns, func() error { return link.EnsureAddress("eth0", prefix("10.0.0.7/24")) }); err != nil {
			t.Fatal(err)
		}
		if reply := c.lookup(t, "10.0.0.1", "nobody.lab.example"); reply.Rcode != dns.RcodeNameError {
			t.Errorf("%s: a client is told %v", name, reply)
		}
	}
}

func TestDeleteLeavesNothing(t *testing.T) {
	t.Parallel()
	h := newReal(t, usual(1), usual(2))
	h.pass(t)
	h.rows.want[0].Absent, h.rows.want = true, h.rows.want[:1] // one with a tombstone, one whose row is gone
	// And a third one, whose namespace was gone already when a crash came, and its name wasn't.
	if err := os.WriteFile(filepath.Join("/run/netns", h.marks.Namespace(3)), nil, 0o444); err != nil {
		t.Fatal(err)
	}
	h.pass(t)
	if !h.rows.fact(1).Gone {
		t.Errorf("fact is %+v", h.rows.fact(1))
	}
	if list, err := link.List(h.marks.Links()); err != nil || len(list) > 0 {
		t.Errorf("links left: %v, %v", list, err)
	}
	if list, remnants, err := link.Namespaces(h.marks.Links()); err != nil || len(list) > 0 || len(remnants) > 0 {
		t.Errorf("namespaces left: %v, %v", list, err)
	}
	if out, err := exec.Command("nft", "list", "tables").Output(); err != nil || strings.Contains(string(out), h.Instance) {
		t.Errorf("tables left: %s, %v", out, err)
	}
	if list, err := dnsmasq.List(h.Dir); err != nil || len(list) > 0 {
		t.Errorf("processes left: %v, %v", list, err)
	}
	// The leases of the one whose row is gone are kept: its folder is the quarantine's to take.
	if list, err := os.ReadDir(h.Dir); err != nil || len(list) != 1 || list[0].Name() != column.StorageName(2, usual(2).ID) {
		t.Errorf("files left: %v, %v", list, err)
	}
}

func TestALeaseWakesTheLoop(t *testing.T) {
	t.Parallel()
	h := newReal(t, usual(1))
	rows := &lockedRows{memoryRows: h.rows}
	c := h.Config
	c.Rows = rows
	c.Queue = loop.NewQueue(slog.New(slog.DiscardHandler))
	l := c.Queue.Loop(New(c), time.Hour) // the timer won't help
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() {
		if err := l.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	})
	defer running.Wait()
	defer cancel()
	linktest.Eventually(t, "the network runs", func() bool { return rows.get(1).Running })
	h.join(t, 1).dhcp(t, "web")
	linktest.Eventually(t, "the lease is reported", func() bool { return len(rows.get(1).Leases) == 1 })
}

// lockedRows may be read by a test while a loop writes them.
type lockedRows struct {
	*memoryRows
	mu sync.Mutex
}

func (r *lockedRows) Report(ctx context.Context, facts []Fact) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.memoryRows.Report(ctx, facts)
}

func (r *lockedRows) get(key int64) Fact {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fact(key)
}
