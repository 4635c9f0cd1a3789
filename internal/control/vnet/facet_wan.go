package vnet

import (
	"context"
	"net/netip"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/link"
)

// wanFacet is the router's way out, through the host.
var wanFacet = facet{
	name: "wan",
	want: func(c *compiling) error {
		c.nat = c.NAT && c.lan.IsValid()
		c.rules.NAT = c.nat
		return nil
	},
	build: func(b *build) {
		switch {
		case b.router.nat && b.has.Wan != (Leg{Exists: true, Whole: true, Address: b.transit, MTU: defaultMTU}):
			b.add(Step{Verb: SetWan, Address: b.transit, MTU: defaultMTU})
		case !b.router.nat && b.has.Wan.Exists:
			b.add(Step{Verb: DropWan})
		}
	},
	verbs: map[Verb]func(*Linux, context.Context, Step) error{
		SetWan:  func(l *Linux, _ context.Context, s Step) error { return l.setWan(s) },
		DropWan: func(l *Linux, _ context.Context, s Step) error { return link.Delete(l.marks.WAN(s.Key)) },
	},
}

func (l *Linux) wanLeg(n int64, outer link.Link) (Leg, error) {
	transit, err := onlyAddress(outer.Name)
	if err != nil && !errs.Is(err, errs.NotFound) {
		return Leg{}, err
	}
	leg, err := l.pair(n, outer, wanLink, func(leg *Leg) error {
		inside, err := onlyAddress(wanLink)
		if err != nil {
			return err
		}
		via, err := link.DefaultRoute()
		if err != nil {
			return err
		}
		routes, err := link.Forwarding()
		leg.Whole = leg.Whole && transit.IsValid() && inside == farEnd(transit) && via == transit.Addr() && routes
		return err
	})
	leg.Address = transit
	return leg, err
}

func (l *Linux) setWan(s Step) error {
	inside := l.marks.Namespace(s.Key)
	pair := link.Veth{Name: l.marks.WAN(s.Key), Inside: inside, Peer: wanLink, MTU: s.MTU}
	if err := link.EnsureVeth(pair); err != nil {
		return err
	}
	if err := link.EnsureAddress(pair.Name, s.Address); err != nil { // first, for it is where the transit is read back from
		return err
	}
	return link.In(inside, func() error {
		if err := link.EnsureAddress(wanLink, farEnd(s.Address)); err != nil {
			return err
		}
		if err := link.EnsureDefaultRoute(wanLink, s.Address.Addr()); err != nil {
			return err
		}
		return link.EnsureForwarding()
	})
}

// farEnd returns the router's address of a transit, given the host's.
func farEnd(transit netip.Prefix) netip.Prefix {
	return netip.PrefixFrom(transit.Addr().Next(), transit.Bits())
}
