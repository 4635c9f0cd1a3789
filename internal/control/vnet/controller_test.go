package vnet

import (
	"context"
	"errors"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/errs"
	"dewpoint/internal/host/dnsmasq"
)

var comparables = cmpopts.EquateComparable(netip.Addr{}, netip.Prefix{})

// clock is a clock that stands still until it is moved.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func newFakeController(host Host, rows Rows, c *clock) *Controller {
	log := slog.New(slog.DiscardHandler)
	queue := loop.NewQueue(log).ByClock(c.now)
	return New(Config{Instance: "ab12", Dir: "/data/vnets", Rows: rows, Host: host, Queue: queue, Now: c.now, Log: log})
}

func reconcile(t interface{ Fatal(...any) }, c *Controller) {
	if err := c.Reconcile(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestSteadyStateTakesNoStep(t *testing.T) {
	t.Parallel()
	host, rows := newFake(), &memoryRows{want: []Vnet{usual(1), usual(2)}}
	c := newFakeController(host, rows, &clock{time.Unix(100, 0)})
	reconcile(t, c)
	host.taken = nil
	reconcile(t, c)
	if len(host.taken) > 0 {
		t.Errorf("a pass with nothing to do took %v", host.taken)
	}
	for _, f := range rows.facts {
		if !f.Settled || !f.Running || f.Status != Running || f.Started.IsZero() {
			t.Errorf("fact is %+v", f)
		}
	}
}

func TestOneFailureStopsNoOtherAndRests(t *testing.T) {
	t.Parallel()
	host, at := newFake(), &clock{time.Unix(100, 0)}
	rows := &memoryRows{want: []Vnet{usual(1), usual(2)}}
	host.broken[SetLan] = 1 // the first network's
	c := newFakeController(host, rows, at)
	reconcile(t, c)
	bad, good := rows.fact(1), rows.fact(2)
	if bad.Running || bad.Status != Failed || bad.Code != "fake_broken" || bad.Message == "" || !bad.Since.Equal(at.at) || bad.Settled {
		t.Errorf("the broken network's fact is %+v", bad)
	}
	if !good.Running || good.Status != Running || good.Code != "" {
		t.Errorf("the other network's fact is %+v", good)
	}
	reconcile(t, c)
	if again := rows.fact(1); again.Status != Failed {
		t.Errorf("a network at rest is reported as %+v", again)
	}
	at.at = at.at.Add(time.Second)
	reconcile(t, c)
	if mended := rows.fact(1); !mended.Running || mended.Status != Running || mended.Code != "" {
		t.Errorf("after its rest the network is %+v", mended)
	}
}

func TestNoWayOutBeforeTheHostIsReady(t *testing.T) {
	t.Parallel()
	host := newFake()
	host.broken[SetHostTable] = 1
	rows := &memoryRows{want: []Vnet{usual(1), with(usual(2), func(v *Vnet) { v.NAT = false })}}
	c := newFakeController(host, rows, &clock{time.Unix(100, 0)})
	reconcile(t, c)
	if f := rows.fact(1); f.Status != Failed || host.now.Vnets[1].Wan.Exists {
		t.Errorf("the network with NAT is %+v, wan %+v", f, host.now.Vnets[1].Wan)
	}
	if f := rows.fact(2); f.Status != Running {
		t.Errorf("the network without NAT is %+v", f)
	}
}

func TestInvalidWishIsToldAndTouchesNothing(t *testing.T) {
	t.Parallel()
	host, rows := newFake(), &memoryRows{want: []Vnet{usual(1)}}
	c := newFakeController(host, rows, &clock{time.Unix(100, 0)})
	reconcile(t, c)
	before := host.shape()
	rows.want = []Vnet{with(usual(1), func(v *Vnet) { v.Domain = "no domain\nconf-file=/etc/shadow" })}
	reconcile(t, c)
	if diff := cmp.Diff(before, host.shape(), comparables); diff != "" {
		t.Errorf("an invalid wish changed the host (-before +after):\n%s", diff)
	}
	if f := rows.fact(1); f.Code != "dnsmasq_config" || !f.Running || f.Status != Failed {
		t.Errorf("fact is %+v", f)
	}
}

func TestRestartHappensOnce(t *testing.T) {
	t.Parallel()
	host, rows := newFake(), &memoryRows{want: []Vnet{usual(1)}}
	c := newFakeController(host, rows, &clock{time.Unix(100, 0)})
	reconcile(t, c)
	old := host.now.Vnets[1]
	rows.want = []Vnet{with(usual(1), func(v *Vnet) { v.Restart, v.Seq = true, 7 })}
	reconcile(t, c)
	now := host.now.Vnets[1]
	if now.Router.Inode == old.Router.Inode || now.Dnsmasq[0].PID == old.Dnsmasq[0].PID {
		t.Errorf("the router was not built anew: %+v", now)
	}
	if now.Wan.Address != old.Wan.Address {
		t.Errorf("the transit moved from %v to %v", old.Wan.Address, now.Wan.Address)
	}
	if f := rows.fact(1); !f.Settled || f.Seq != 7 || !f.Running {
		t.Errorf("fact is %+v", f)
	}
}

func TestDeletedIsGoneWhenNothingIsLeft(t *testing.T) {
	t.Parallel()
	host, at := newFake(), &clock{time.Unix(100, 0)}
	rows := &memoryRows{want: []Vnet{usual(1)}}
	c := newFakeController(host, rows, at)
	reconcile(t, c)
	rows.want[0].Absent = true
	host.broken[DropBridge] = 1
	reconcile(t, c)
	if f := rows.fact(1); f.Gone || f.Status != Failed {
		t.Errorf("with its bridge still there the fact is %+v", f)
	}
	at.at = at.at.Add(time.Minute)
	reconcile(t, c)
	if f := rows.fact(1); !f.Gone || len(host.now.Vnets) != 0 || host.now.Table != nil {
		t.Errorf("fact is %+v, host has %+v", f, host.now)
	}
}

func TestLeasesThatRanOutAreNotReported(t *testing.T) {
	t.Parallel()
	host, at := newFake(), &clock{time.Unix(100, 0)}
	rows := &memoryRows{want: []Vnet{usual(1)}}
	c := newFakeController(host, rows, at)
	reconcile(t, c)
	host.now.edit(1, func(h *Have) {
		h.Leases = []dnsmasq.Lease{{IP: addr("10.0.0.10"), Expiry: time.Unix(100, 0)}, {IP: addr("10.0.0.11"), Expiry: time.Unix(101, 0)}, {IP: addr("10.0.0.12")}}
	})
	reconcile(t, c)
	if diff := cmp.Diff(host.now.Vnets[1].Leases[1:], rows.fact(1).Leases, comparables); diff != "" {
		t.Errorf("leases (-want +got):\n%s", diff)
	}
}

type brokenRows struct{ *memoryRows }

func (brokenRows) Wish(context.Context) ([]Vnet, error) { return nil, errors.New("no rows") }

func TestUnreadableRowsTouchNothing(t *testing.T) {
	t.Parallel()
	host, rows := newFake(), &memoryRows{want: []Vnet{usual(1)}}
	reconcile(t, newFakeController(host, rows, &clock{}))
	host.taken = nil
	if err := newFakeController(host, brokenRows{rows}, &clock{}).Reconcile(context.Background()); err == nil || len(host.taken) > 0 {
		t.Errorf("Reconcile says %v and took %v", err, host.taken)
	}
}

// genWish draws wishes for a few networks, with some repeated keys of the last draw absent.
var genWish = rapid.Custom(func(t *rapid.T) []Vnet {
	var out []Vnet
	for n := int64(1); n <= 3; n++ {
		if !rapid.Bool().Draw(t, "wished") {
			continue
		}
		out = append(out, with(usual(n), func(v *Vnet) {
			v.Running = rapid.Bool().Draw(t, "running")
			v.Absent = rapid.IntRange(0, 5).Draw(t, "deleted") == 0
			v.Restart = rapid.IntRange(0, 5).Draw(t, "restart") == 0
			v.NAT = rapid.Bool().Draw(t, "nat")
			v.DHCP, v.DNS = rapid.Bool().Draw(t, "dhcp"), rapid.Bool().Draw(t, "dns")
			v.MTU = rapid.SampledFrom([]int{0, 1400}).Draw(t, "mtu")
			v.Router = rapid.SampledFrom([]netip.Addr{{}, addr("10.0.0.254")}).Draw(t, "router")
			if rapid.IntRange(0, 5).Draw(t, "flat") == 0 {
				v.Network = netip.Prefix{}
			}
			if rapid.Bool().Draw(t, "reserved") {
				v.Hosts = []dnsmasq.Host{{MAC: []byte{2, 0, 0, 0, 0, byte(n)}, IP: addr("10.0.0.5")}}
			}
		}))
	}
	return out
})

func TestAnyPrefixThenReconcileEndsTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		first, second := genWish.Draw(t, "first"), genWish.Draw(t, "second")
		stop := rapid.IntRange(0, 40).Draw(t, "stop")
		var ends []map[int64]Have
		for _, budget := range []int{stop, -1} {
			host, at := newFake(), &clock{time.Unix(100, 0)}
			reconcile(t, newFakeController(host, &memoryRows{want: first}, at))
			host.budget = budget
			reconcile(t, newFakeController(host, &memoryRows{want: second}, at)) // the manager dies at the budget's end
			host.budget = -1
			rows := &memoryRows{want: second}
			c := newFakeController(host, rows, at)
			reconcile(t, c)
			for _, f := range rows.facts {
				if !f.Settled {
					t.Fatalf("after a whole pass there is %+v", f)
				}
			}
			if keys := host.stale(); len(keys) > 0 {
				t.Fatalf("stopped after %d steps, the dnsmasq of %v runs by old settings", stop, keys)
			}
			ends = append(ends, host.shape())
		}
		if diff := cmp.Diff(ends[1], ends[0], comparables); diff != "" {
			t.Fatalf("stopped after %d steps, the host ends differently (-whole +stopped):\n%s", stop, diff)
		}
	})
}

func TestStatusKeepsToolsWordsBack(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err        error
		code, text string
	}{
		{errs.New(errs.Internal, "nft_failed", "nft -f -: /secret/path"), "nft_failed", errs.Shown(errors.New("x"))},
		{errors.New("/secret/path"), "vnet_failed", errs.Shown(errors.New("x"))},
		{errs.New(errs.Full, "disk_full", "the disk is full"), "disk_full", "the disk is full"},
	} {
		host, rows := newFake(), &memoryRows{want: []Vnet{usual(1)}}
		host.broken[SetLan], host.fault = 1, c.err
		reconcile(t, newFakeController(host, rows, &clock{time.Unix(100, 0)}))
		if f := rows.fact(1); f.Code != c.code || f.Message != c.text {
			t.Errorf("%v: got %q, %q", c.err, f.Code, f.Message)
		}
	}
}
