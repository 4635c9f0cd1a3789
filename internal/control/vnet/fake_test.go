package vnet

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"path/filepath"
	"slices"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/dnsmasq"
	"dewpoint/internal/host/nft"
)

// fakeHost is a host in memory. It stands the same suite as the real one (TestHosts) and can be told to stop in the middle.
type fakeHost struct {
	now    Observed
	dirs   map[int64]string // the folder of each network that has one
	last   uint64           // the last number given out, as inode or pid
	runsBy map[int]start    // what each dnsmasq was started by
	budget int              // how many more steps succeed; negative: all
	broken map[Verb]int     // how many times more a verb fails
	fault  error            // with what it does; nil: a word of the fake
	taken  []Step
}

// start is what a dnsmasq takes in once, when it begins.
type start struct {
	conf string
	lan  Leg
}

var errStopped = errors.New("the host stopped here")

func newFake() *fakeHost {
	return &fakeHost{now: Observed{Vnets: make(map[int64]Have)}, budget: -1, broken: make(map[Verb]int), runsBy: make(map[int]start), dirs: make(map[int64]string)}
}

func (f *fakeHost) Observe(_ context.Context, folders map[int64]string) (Observed, error) {
	o := f.now
	o.Vnets = maps.Clone(o.Vnets)
	o.Addresses = nil
	for key, h := range o.Vnets {
		if h.Dir && f.dirs[key] != folders[key] {
			h.Dir, h.Files, h.Leases, h.Announced = false, dnsmasq.Files{}, nil, false
			o.Vnets[key] = h
		}
		if h.Wan.Exists {
			o.Addresses = append(o.Addresses, h.Wan.Address)
		}
	}
	return o, nil
}

func (f *fakeHost) NameFolder(_ context.Context, key int64) (string, error) {
	h, id := f.now.Vnets[key], fmt.Sprintf("%08x", f.number())
	if h.Dir && filepath.Base(f.dirs[key]) == decimal(key) {
		f.dirs[key] += "-" + id
		h.Dnsmasq = nil
		f.now.Vnets[key] = h
	}
	return id, nil
}

func (f *fakeHost) Apply(_ context.Context, s Step) error {
	if f.budget == 0 {
		return errStopped
	}
	f.budget--
	if f.broken[s.Verb] > 0 {
		f.broken[s.Verb]--
		if f.fault != nil {
			return f.fault
		}
		return errs.New(errs.Unavailable, "fake_broken", "%s is broken", s.Verb)
	}
	f.taken = append(f.taken, s)
	if s.Key == hostKey {
		f.applyHost(s)
		return nil
	}
	h := f.now.Vnets[s.Key]
	err := f.applyVnet(s, &h)
	if f.now.Vnets[s.Key] = h; isNothing(h) {
		delete(f.now.Vnets, s.Key)
	}
	return err
}

func isNothing(h Have) bool {
	return h.Bridge == Bridge{} && h.Router == Namespace{} && !h.Lan.Exists && !h.Wan.Exists && !h.Dir && len(h.Dnsmasq) == 0
}

func (f *fakeHost) applyHost(s Step) {
	switch s.Verb {
	case SetForwarding:
		f.now.Forwarding = true
	case SetHostTable:
		table := nft.Fingerprint(s.Text)
		f.now.Table = &table
	case DropHostTable:
		f.now.Table = nil
	}
}

func (f *fakeHost) applyVnet(s Step, h *Have) error {
	needsRouter := s.Verb == SetTable || s.Verb == SetLan || s.Verb == SetWan || s.Verb == StartDnsmasq
	if needsRouter && h.Router.Inode == 0 || s.Verb == SetLan && !h.Bridge.Up {
		return errs.New(errs.NotFound, "fake_missing", "%v comes too early", s)
	}
	switch s.Verb {
	case SetBridge:
		h.Bridge = Bridge{MTU: s.MTU, Up: true}
	case DropBridge:
		h.Bridge = Bridge{}
	case SetNamespace:
		if h.Router.Inode == 0 {
			h.Router = Namespace{Inode: f.number(), Started: time.Unix(1, 0)}
		}
	case DropNamespace:
		h.Router, h.Lan, h.Wan, h.Table = Namespace{}, Leg{}, Leg{}, nft.State{}
	case SetTable:
		h.Table = nft.Fingerprint(s.Text)
	case SetLan:
		h.Lan = Leg{Exists: true, Whole: true, Address: s.Address, MTU: s.MTU}
	case DropLan:
		h.Lan = Leg{}
	case SetWan:
		h.Wan = Leg{Exists: true, Whole: true, Address: s.Address, MTU: s.MTU}
	case DropWan:
		h.Wan = Leg{}
	default:
		return f.applyDnsmasq(s, h)
	}
	return nil
}

func (f *fakeHost) applyDnsmasq(s Step, h *Have) error {
	switch s.Verb {
	case WriteFiles:
		h.Dir, h.Files, h.Announced, f.dirs[s.Key] = true, s.Files, true, s.Dir
	case StartDnsmasq:
		if h.Files.Conf == "" || !h.Lan.Whole || len(h.Dnsmasq) > 0 {
			return errs.New(errs.Unavailable, "fake_start", "dnsmasq can't start: %+v", *h)
		}
		h.Dnsmasq = []dnsmasq.Process{{PID: int(f.number()), Dir: s.Dir, Namespace: h.Router.Inode}}
		f.runsBy[h.Dnsmasq[0].PID] = start{h.Files.Conf, h.Lan}
	case StopDnsmasq:
		h.Dnsmasq = slices.DeleteFunc(slices.Clone(h.Dnsmasq), func(p dnsmasq.Process) bool { return p == s.Process })
	case Announce:
		h.Files.Hosts, h.Announced = s.Text, true
	case DropDir:
		h.Dir, h.Files, h.Announced = false, dnsmasq.Files{}, false
	}
	return nil
}

func (f *fakeHost) number() uint64 {
	f.last++
	return f.last
}

// shape returns what the host has, less what differs between two hosts that are alike.
func (f *fakeHost) shape() map[int64]Have {
	out := maps.Clone(f.now.Vnets)
	for key, h := range out {
		h.Router.Inode = min(h.Router.Inode, 1)
		h.Dnsmasq = slices.Clone(h.Dnsmasq)
		for i, p := range h.Dnsmasq {
			inRouter := p.Namespace == f.now.Vnets[key].Router.Inode
			h.Dnsmasq[i] = dnsmasq.Process{PID: 1, Dir: p.Dir, Namespace: map[bool]uint64{true: 1}[inRouter]}
		}
		out[key] = h
	}
	return out
}

// stale lists the networks whose dnsmasq runs by what is no longer so; the real host can't tell.
func (f *fakeHost) stale() (keys []int64) {
	for key, h := range f.now.Vnets {
		for _, p := range h.Dnsmasq {
			if f.runsBy[p.PID] != (start{h.Files.Conf, h.Lan}) {
				keys = append(keys, key)
			}
		}
	}
	return keys
}

// memoryRows are rows in memory.
type memoryRows struct {
	want  []Vnet
	facts []Fact
}

func (r *memoryRows) Wish(context.Context) ([]Vnet, error) { return slices.Clone(r.want), nil }

func (r *memoryRows) Name(_ context.Context, key int64, id string) error {
	for i := range r.want {
		if r.want[i].Key == key {
			r.want[i].ID = id
		}
	}
	return nil
}

func (r *memoryRows) Report(_ context.Context, facts []Fact) error {
	r.facts = facts
	return nil
}

func (r *memoryRows) fact(key int64) Fact {
	for _, f := range r.facts {
		if f.Key == key {
			return f
		}
	}
	return Fact{}
}

func addr(text string) netip.Addr     { return netip.MustParseAddr(text) }
func prefix(text string) netip.Prefix { return netip.MustParsePrefix(text) }

// usual returns the wish for a network with everything on.
func usual(key int64) Vnet {
	return Vnet{
		Key: key, ID: "0badcafe", Name: "net" + decimal(key), Running: true, Network: prefix("10.0.0.0/24"), NAT: true,
		DHCP: true, DHCPStart: addr("10.0.0.10"), DHCPEnd: addr("10.0.0.99"), DNS: true, Domain: "lab.example",
		DNSServers: []netip.Addr{addr("192.0.2.53")},
	}
}

// with returns v as changed by f.
func with(v Vnet, f func(*Vnet)) Vnet {
	f(&v)
	return v
}
