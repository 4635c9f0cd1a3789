package vnet

import (
	"net"
	"net/netip"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/dnsmasq"
	"dewpoint/internal/host/link"
	"dewpoint/internal/host/nft"
)

const defaultMTU = 1500

// target is a wish in the host's words.
type target struct {
	dir    string // the network's folder
	mtu    int
	router *router // nil: none
}

type router struct {
	lan   netip.Prefix // zero: the network has no subnet, so the router has no lan
	mac   net.HardwareAddr
	nat   bool
	rules nft.Router
	table string         // of the rules
	files *dnsmasq.Files // nil: nothing for dnsmasq to do
}

// compiling is a router while its target is put together, facet by facet.
type compiling struct {
	Vnet
	*router
	target    target
	resolvers []netip.Addr // the host's
}

// compile turns the wish into a target; an error is about the wish, and of kind Invalid. Resolvers are the host's.
func compile(v Vnet, m marks, resolvers []netip.Addr) (target, error) {
	t := target{dir: m.path(v.Key, v.ID), mtu: v.MTU}
	if t.mtu == 0 {
		t.mtu = defaultMTU
	}
	if len(m.Bridge(v.Key)) > link.MaxName {
		return t, errs.New(errs.Invalid, "vnet_key", "the key %d of network %q makes a link name that is too long", v.Key, v.Name)
	}
	if !v.Running {
		return t, nil
	}
	lan, err := lanOf(v)
	if err != nil {
		return t, err
	}
	c := &compiling{Vnet: v, router: &router{lan: lan, mac: v.MAC}, target: t, resolvers: resolvers}
	for _, f := range facets {
		if f.want != nil {
			if err := f.want(c); err != nil {
				return t, err
			}
		}
	}
	t.router = c.router
	t.router.table, err = t.router.rules.Table().Render()
	return t, err
}
