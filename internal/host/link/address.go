package link

import (
	"net"
	"net/netip"

	"github.com/vishvananda/netlink"
)

// EnsureAddress makes prefix (address and length) the only IPv4 address of the link.
func EnsureAddress(name string, prefix netip.Prefix) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return translate(err, "looking up link "+name)
	}
	have, err := whole(func() ([]netlink.Addr, error) { return netlink.AddrList(l, netlink.FAMILY_V4) })
	if err != nil {
		return translate(err, "reading the addresses of link "+name)
	}
	found := false
	for _, a := range have {
		if toPrefix(a.IPNet) == prefix {
			found = true
			continue
		}
		if err := netlink.AddrDel(l, &a); err != nil {
			return translate(err, "removing an address of link "+name)
		}
	}
	if found {
		return nil
	}
	return translate(netlink.AddrAdd(l, &netlink.Addr{IPNet: toIPNet(prefix)}), "giving link "+name+" its address")
}

// Addresses returns the IPv4 addresses, with their lengths, of the named link, or of all links when name is empty.
func Addresses(name string) ([]netip.Prefix, error) {
	var l netlink.Link
	if name != "" {
		var err error
		if l, err = netlink.LinkByName(name); err != nil {
			return nil, translate(err, "looking up link "+name)
		}
	}
	have, err := whole(func() ([]netlink.Addr, error) { return netlink.AddrList(l, netlink.FAMILY_V4) })
	if err != nil {
		return nil, translate(err, "reading addresses")
	}
	var out []netip.Prefix
	for _, a := range have {
		out = append(out, toPrefix(a.IPNet))
	}
	return out, nil
}

func toPrefix(n *net.IPNet) netip.Prefix {
	addr, _ := netip.AddrFromSlice(n.IP)
	ones, _ := n.Mask.Size()
	return netip.PrefixFrom(addr.Unmap(), ones)
}

func toIPNet(p netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: p.Addr().AsSlice(), Mask: net.CIDRMask(p.Bits(), p.Addr().BitLen())}
}
