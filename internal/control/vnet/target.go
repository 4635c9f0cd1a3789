package vnet

import (
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
	nat   bool
	table string
	files *dnsmasq.Files // nil: nothing for dnsmasq to do
}

// compile turns the wish into a target; an error is about the wish, and of kind Invalid. Resolvers are the host's.
func compile(v Vnet, m marks, resolvers []netip.Addr) (target, error) {
	t := target{dir: m.path(v.Key, v.ID), mtu: v.MTU}
	if t.mtu == 0 {
		t.mtu = defaultMTU
	}
	if len(m.bridge(v.Key)) > link.MaxName {
		return t, errs.New(errs.Invalid, "vnet_key", "the key %d of network %q makes a link name that is too long", v.Key, v.Name)
	}
	if !v.Running {
		return t, nil
	}
	r, err := compileRouter(v, m, t.mtu, resolvers)
	t.router = r
	return t, err
}

func compileRouter(v Vnet, m marks, mtu int, resolvers []netip.Addr) (*router, error) {
	lan, err := lanOf(v)
	if err != nil {
		return nil, err
	}
	r := &router{lan: lan, nat: v.NAT && lan.IsValid()}
	dhcp, dns := v.DHCP && lan.IsValid(), v.DNS && lan.IsValid()
	r.table, err = nft.Router{Lan: lanLink, Wan: wanLink, DHCP: dhcp, DNS: dns, NAT: r.nat}.Table().Render()
	if err != nil || !dhcp && !dns {
		return r, err
	}
	c := dnsmasq.Config{Dir: m.path(v.Key, v.ID), Interface: lanLink, Address: lan.Addr(), Domain: v.Domain, Name: v.Hostname, Hosts: v.Hosts}
	if dns {
		c.DNS = &dnsmasq.DNS{Upstream: v.DNSServers}
		if len(v.DNSServers) == 0 && r.nat { // without NAT the host's servers can't be reached: better refused than timed out
			c.DNS.Upstream = resolvers
		}
	}
	if dhcp {
		c.DHCP = dhcpOf(v, lan, mtu)
	}
	files, err := c.Files()
	r.files = &files
	return r, err
}

// lanOf returns the router's address with the network's length, zero when the network has no subnet.
func lanOf(v Vnet) (netip.Prefix, error) {
	if !v.Network.IsValid() {
		return netip.Prefix{}, nil
	}
	if !v.Network.Addr().Is4() || v.Network.Bits() > 30 {
		return netip.Prefix{}, errs.New(errs.Invalid, "vnet_network", "network %v of %q is no IPv4 subnet with room for hosts", v.Network, v.Name).On("network")
	}
	first, last := hostsOf(v.Network)
	addr := v.Router
	if !addr.IsValid() {
		addr = first
	}
	if addr.Less(first) || last.Less(addr) {
		return netip.Prefix{}, errs.New(errs.Invalid, "vnet_router", "the router's address %v is not a host address in %v", addr, v.Network).On("ipaddress")
	}
	return netip.PrefixFrom(addr, v.Network.Bits()), nil
}

func dhcpOf(v Vnet, lan netip.Prefix, mtu int) *dnsmasq.DHCP {
	d := &dnsmasq.DHCP{
		Network: lan.Masked(), Start: v.DHCPStart, End: v.DHCPEnd, Router: v.Gateway, MTU: mtu,
		NameServer: v.DNSServers, Sequential: v.Sequential,
	}
	first, last := hostsOf(lan)
	if !d.Start.IsValid() {
		d.Start = first
	}
	if !d.End.IsValid() {
		d.End = last
	}
	if !d.Router.IsValid() {
		d.Router = lan.Addr()
	}
	return d
}

// hostsOf returns the first and the last host address of an IPv4 subnet.
func hostsOf(p netip.Prefix) (first, last netip.Addr) {
	a := p.Masked().Addr().As4()
	for bit := p.Bits(); bit < 32; bit++ {
		a[bit/8] |= 1 << (7 - bit%8)
	}
	return p.Masked().Addr().Next(), netip.AddrFrom4(a).Prev()
}
