package vnet

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/host/dnsmasq"
	"dewpoint/internal/host/nft"
	"dewpoint/test/golden"
)

// settled returns what a host has where the wish was carried out.
func settled(t *testing.T, want ...Vnet) Observed {
	t.Helper()
	host := newFake()
	reconcile(t, newFakeController(host, &memoryRows{want: want}, &clock{}))
	o, _ := host.Observe(t.Context(), marks{"ab12", "/data/vnets"}.folders(want))
	return o
}

// plans are the situations worth reading; TestPlanGolden shows what would be done in each.
func plans(t *testing.T) []planCase {
	one := usual(1)
	change := func(f func(*Vnet)) []Vnet { return []Vnet{with(one, f)} }
	broken := func(f func(*Have)) Observed {
		o := settled(t, one)
		o.edit(1, f)
		return o
	}
	return []planCase{
		{"nothing to do", []Vnet{one}, settled(t, one)},
		{"from nothing", []Vnet{one}, Observed{}},
		{"bridge alone", change(func(v *Vnet) { v.Running = false }), Observed{}},
		{"no subnet", change(func(v *Vnet) { v.Network = netip.Prefix{} }), Observed{}},
		{"router off", change(func(v *Vnet) { v.Running = false }), settled(t, one)},
		{"deleted", change(func(v *Vnet) { v.Absent = true }), settled(t, one)},
		{"not wished", nil, settled(t, one)},
		{"one of two not wished", []Vnet{one}, settled(t, one, usual(2))},
		{"restart", change(func(v *Vnet) { v.Restart = true }), settled(t, one)},
		{"domain changes", change(func(v *Vnet) { v.Domain = "new.example" }), settled(t, one)},
		{"reservation added", change(func(v *Vnet) { v.Hosts = []dnsmasq.Host{{MAC: []byte{2, 0, 0, 0, 0, 1}, Name: "db"}} }), settled(t, one)},
		{"router's address changes", change(func(v *Vnet) { v.Router = addr("10.0.0.254") }), settled(t, one)},
		{"MTU changes", change(func(v *Vnet) { v.MTU = 1400 }), settled(t, one)},
		{"NAT off", change(func(v *Vnet) { v.NAT = false }), settled(t, one)},
		{"services off", change(func(v *Vnet) { v.DHCP, v.DNS = false, false }), settled(t, one)},
		{"dnsmasq died", []Vnet{one}, broken(func(h *Have) { h.Dnsmasq = nil })},
		{"two dnsmasqs", []Vnet{one}, broken(func(h *Have) {
			h.Dnsmasq = append(h.Dnsmasq, dnsmasq.Process{PID: 99, Dir: h.Dnsmasq[0].Dir, Namespace: h.Router.Inode})
		})},
		{"dnsmasq by another's files", []Vnet{one}, broken(func(h *Have) {
			h.Dnsmasq = []dnsmasq.Process{{PID: 99, Dir: "/data/vnets/1-0defaced", Namespace: h.Router.Inode}}
		})},
		{"dnsmasq elsewhere", []Vnet{one}, broken(func(h *Have) { h.Dnsmasq = []dnsmasq.Process{{PID: 99, Namespace: 99}} })},
		{"reservations unannounced", []Vnet{one}, broken(func(h *Have) { h.Announced = false })},
		{"rules edited", []Vnet{one}, broken(func(h *Have) { h.Table.Whole = false })},
		{"lan torn", []Vnet{one}, broken(func(h *Have) { h.Lan.Whole = false })},
		{"wan torn", []Vnet{one}, broken(func(h *Have) { h.Wan.Whole = false })},
		{"bridge down", []Vnet{one}, broken(func(h *Have) { h.Bridge.Up = false })},
		{"host table edited", []Vnet{one}, func() Observed { o := settled(t, one); o.Table = &nft.State{}; return o }()},
		{"host stopped routing", []Vnet{one}, func() Observed { o := settled(t, one); o.Forwarding = false; return o }()},
		{"bad DHCP range", change(func(v *Vnet) { v.DHCPStart = addr("10.9.0.1") }), settled(t, one)},
		{"bad router", change(func(v *Vnet) { v.Router = addr("10.0.0.255") }), Observed{}},
		{"key too long", change(func(v *Vnet) { v.Key = 123456789 }), Observed{}},
	}
}

type planCase struct {
	name string
	want []Vnet
	have Observed
}

func (p Plan) String() string {
	var b strings.Builder
	for _, s := range p.Before {
		fmt.Fprintf(&b, "  %v\n", s)
	}
	for _, v := range p.Vnets {
		if v.Err != nil {
			fmt.Fprintf(&b, "  %d: %v\n", v.Key, v.Err)
		}
		for _, s := range v.Steps {
			fmt.Fprintf(&b, "  %v\n", s)
		}
	}
	for _, s := range p.After {
		fmt.Fprintf(&b, "  %v\n", s)
	}
	return b.String()
}

func TestPlanGolden(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for _, c := range plans(t) {
		fmt.Fprintf(&b, "%s:\n%v", c.name, diff(c.want, c.have, marks{"ab12", "/data/vnets"}))
	}
	golden.Equal(t, "testdata/plans.txt", b.String())
}

func TestTransits(t *testing.T) {
	t.Parallel()
	first, err := freeTransit("ab12", 1, nil)
	if err != nil || !isTransit(first) {
		t.Fatalf("got %v, %v", first, err)
	}
	if again, _ := freeTransit("ab12", 1, nil); again != first {
		t.Errorf("the same search found %v and %v", first, again)
	}
	if other, _ := freeTransit("cd34", 1, nil); other == first {
		t.Errorf("two instances begin at the same transit %v", first)
	}
	next, err := freeTransit("ab12", 1, []netip.Prefix{netip.PrefixFrom(first.Addr(), 32)})
	if err != nil || next.Overlaps(first) {
		t.Errorf("with %v taken the search found %v, %v", first, next, err)
	}
	if _, err := freeTransit("ab12", 1, []netip.Prefix{prefix("100.0.0.0/8")}); err == nil {
		t.Error("found a transit where none is free")
	}
	for _, p := range []netip.Prefix{{}, prefix("100.64.0.2/30"), prefix("100.64.0.1/29"), prefix("10.0.0.1/30")} {
		if isTransit(p) {
			t.Errorf("%v passes for a transit", p)
		}
	}
}

func TestParseResolvers(t *testing.T) {
	t.Parallel()
	got := parseResolvers("# comment\nnameserver 127.0.0.53\nnameserver 192.0.2.1 # x\nsearch a\nnameserver ::1\nnameserver\nnameserver 192.0.2.2")
	if diff := cmp.Diff([]netip.Addr{addr("192.0.2.1"), addr("192.0.2.2")}, got, comparables); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
