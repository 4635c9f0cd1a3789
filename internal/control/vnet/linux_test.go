package vnet

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net"
	"net/netip"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"github.com/insomniacslk/dhcp/dhcpv4/nclient4"
	"github.com/miekg/dns"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/host/dnsmasq"
	"dewpoint/internal/host/link"
	"dewpoint/internal/host/link/linktest"
)

// realHost is a controller on the real host, with an instance and a directory of its own; everything goes when the test ends.
type realHost struct {
	*Controller
	rows  *memoryRows
	steps *countingHost
}

type countingHost struct {
	Host
	taken []Step
}

func (h *countingHost) Apply(ctx context.Context, s Step) error {
	h.taken = append(h.taken, s)
	return h.Host.Apply(ctx, s)
}

func newReal(t *testing.T, want ...Vnet) *realHost {
	t.Helper()
	linktest.Tool(t, "nft")
	linktest.Tool(t, "dnsmasq")
	var id [2]byte
	rand.Read(id[:])
	instance, dir := hex.EncodeToString(id[:]), filepath.Join(t.TempDir(), "vnets")
	rows, steps := &memoryRows{want: want}, &countingHost{Host: NewLinux(instance, dir)}
	log := slog.New(slog.DiscardHandler)
	c := New(Config{Instance: instance, Dir: dir, Rows: rows, Host: steps, Queue: loop.NewQueue(log), Now: time.Now, Log: log})
	t.Cleanup(func() {
		rows.want = nil
		if err := c.Reconcile(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return &realHost{c, rows, steps}
}

// pass reconciles and wants every fact settled.
func (h *realHost) pass(t *testing.T) {
	t.Helper()
	reconcile(t, h.Controller)
	for _, f := range h.rows.facts {
		if !f.Settled {
			fault, _ := h.Queue.Fault(f.Key)
			t.Fatalf("after a pass there is %+v: %v", f, fault.Err)
		}
	}
}

func (h *realHost) observe(t *testing.T) Observed {
	t.Helper()
	o, err := h.Host.Observe(context.Background(), h.marks.folders(h.rows.want))
	if err != nil {
		t.Fatal(err)
	}
	return o
}

var clientCount atomic.Uint32

// client is a machine on a network: a namespace with eth0.
type client struct{ ns string }

func (h *realHost) join(t *testing.T, key int64) client {
	t.Helper()
	c := client{linktest.Namespace(t)}
	pair := link.Veth{Name: "c" + decimal(int64(clientCount.Add(1))), Inside: c.ns, Peer: "eth0", Bridge: h.marks.Bridge(key), MTU: 1500}
	if err := link.EnsureVeth(pair); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = link.Delete(pair.Name) })
	return c
}

func (c client) mac(t *testing.T) (mac string) {
	t.Helper()
	if err := link.In(c.ns, func() error {
		eth0, err := net.InterfaceByName("eth0")
		if err == nil {
			mac = eth0.HardwareAddr.String()
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return mac
}

// dhcp asks for an address as a machine of that name, takes it, and returns the server's word.
// dnsmasq pings an address for three seconds before it offers it, so the client must have the patience.
func (c client) dhcp(t *testing.T, name string) *dhcpv4.DHCPv4 {
	t.Helper()
	var dhcp *nclient4.Client
	if err := link.In(c.ns, func() (err error) {
		dhcp, err = nclient4.New("eth0", nclient4.WithTimeout(10*time.Second), nclient4.WithRetry(3))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	defer dhcp.Close()
	lease, err := dhcp.Request(t.Context(), dhcpv4.WithOption(dhcpv4.OptHostName(name)))
	if err != nil {
		t.Fatal(err)
	}
	ack := lease.ACK
	got, _ := netip.AddrFromSlice(ack.YourIPAddr.To4())
	bits, _ := ack.SubnetMask().Size()
	if err := link.In(c.ns, func() error {
		if err := link.EnsureAddress("eth0", netip.PrefixFrom(got, bits)); err != nil || len(ack.Router()) == 0 {
			return err
		}
		via, _ := netip.AddrFromSlice(ack.Router()[0].To4())
		return link.EnsureDefaultRoute("eth0", via)
	}); err != nil {
		t.Fatal(err)
	}
	return ack
}

// lookup asks the server for the address of a name.
func (c client) lookup(t *testing.T, server, name string) *dns.Msg {
	t.Helper()
	var reply *dns.Msg
	question := new(dns.Msg).SetQuestion(dns.Fqdn(name), dns.TypeA)
	if err := link.In(c.ns, func() (err error) {
		reply, err = dns.Exchange(question, net.JoinHostPort(server, "53"))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return reply
}

// TestHosts is the suite that every Host stands: whatever is wished in turn, one pass later nothing is left to do.
func TestHosts(t *testing.T) {
	t.Parallel()
	real := newReal(t)
	for name, c := range map[string]*Controller{
		"linux": real.Controller,
		"fake":  newFakeController(newFake(), &memoryRows{}, &clock{}),
	} {
		t.Run(name, func(t *testing.T) {
			one, two := usual(1), usual(2)
			reserve := func(v *Vnet) {
				v.Hosts = []dnsmasq.Host{{MAC: []byte{2, 0, 0, 0, 0, 1}, IP: addr("10.0.0.5"), Name: "db"}}
			}
			for i, want := range [][]Vnet{
				{one},
				{one, two},
				{with(one, reserve), two},
				{with(one, func(v *Vnet) { v.MTU, v.Domain = 1400, "x" })},
				{with(one, func(v *Vnet) { v.Network, v.DHCPStart, v.DHCPEnd = prefix("172.16.0.0/16"), netip.Addr{}, netip.Addr{} })},
				{with(one, func(v *Vnet) { v.NAT = false })},
				{with(one, func(v *Vnet) { v.DHCP = false })},
				{one},
				{with(one, func(v *Vnet) { v.DHCP, v.DNS = false, false })},
				{with(one, func(v *Vnet) { v.Network = netip.Prefix{} })},
				{with(one, func(v *Vnet) { v.Restart = true })},
				{with(one, func(v *Vnet) { v.Running = false })},
				// The second one was left without a row above: what is a file of it is kept until somebody deletes it.
				{with(one, func(v *Vnet) { v.Absent = true }), with(two, func(v *Vnet) { v.Absent = true })},
				{},
			} {
				rows := &memoryRows{want: want}
				c.Rows = rows
				reconcile(t, c)
				for _, f := range rows.facts {
					if !f.Settled || f.Running != (f.Status == Running) || f.Gone != want[0].Absent {
						fault, _ := c.Queue.Fault(f.Key)
						t.Fatalf("wish %d ends as %+v: %v", i, f, fault.Err)
					}
				}
			}
			if o, err := c.Host.Observe(t.Context(), nil); err != nil || len(o.Vnets) != 0 || o.Table != nil {
				t.Errorf("in the end there is %+v, %v", o, err)
			}
		})
	}
}
