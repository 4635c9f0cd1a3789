package vnet

import (
	"context"
	"net/netip"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/link"
	"dewpoint/internal/subnet"
)

// lanFacet is the router's leg in its own network.
var lanFacet = facet{
	name: "lan",
	build: func(b *build) {
		switch {
		case lanDiffers(b.target, b.has):
			b.add(Step{Verb: SetLan, Address: b.router.lan, MTU: b.mtu, MAC: b.router.mac})
		case !b.router.lan.IsValid() && b.has.Lan.Exists:
			b.add(Step{Verb: DropLan})
		}
	},
	verbs: map[Verb]func(*Linux, context.Context, Step) error{
		SetLan:  func(l *Linux, _ context.Context, s Step) error { return l.setLan(s) },
		DropLan: func(l *Linux, _ context.Context, s Step) error { return link.Delete(l.marks.LAN(s.Key)) },
	},
}

// lanOf returns the router's address with the network's length, zero when the network has no subnet.
func lanOf(v Vnet) (netip.Prefix, error) {
	if !v.Network.IsValid() {
		return netip.Prefix{}, nil
	}
	if !v.Network.Addr().Is4() || v.Network.Bits() > 30 {
		return netip.Prefix{}, errs.New(errs.Invalid, "vnet_network", "network %v of %q isn't an IPv4 subnet with room for hosts", v.Network, v.Name).On("network")
	}
	first, last := subnet.Hosts(v.Network)
	addr := v.Router
	if !addr.IsValid() {
		addr = first
	}
	if addr.Less(first) || last.Less(addr) {
		return netip.Prefix{}, errs.New(errs.Invalid, "vnet_router", "the router's address %v is not a host address in %v", addr, v.Network).On("ipaddress")
	}
	return netip.PrefixFrom(addr, v.Network.Bits()), nil
}

func lanDiffers(t target, has Have) bool {
	lan := t.router.lan
	return lan.IsValid() && has.Lan != (Leg{Exists: true, Whole: true, Address: lan, MTU: t.mtu})
}

func (l *Linux) lanLeg(n int64, outer link.Link, bridge string) (Leg, error) {
	leg, err := l.pair(n, outer, lanLink, func(leg *Leg) (err error) {
		leg.Address, err = onlyAddress(lanLink)
		return err
	})
	leg.Whole = leg.Whole && bridge == l.marks.Bridge(n)
	return leg, err
}

func (l *Linux) setLan(s Step) error {
	inside := l.marks.Namespace(s.Key)
	pair := link.Veth{Name: l.marks.LAN(s.Key), Inside: inside, Peer: lanLink, MAC: s.MAC, Bridge: l.marks.Bridge(s.Key), MTU: s.MTU}
	if err := link.EnsureVeth(pair); err != nil {
		return err
	}
	return link.In(inside, func() error { return link.EnsureAddress(lanLink, s.Address) })
}
