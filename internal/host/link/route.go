package link

import (
	"errors"
	"net/netip"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// EnsureDefaultRoute makes via, reached over the link, the way out for IPv4.
func EnsureDefaultRoute(name string, via netip.Addr) error {
	l, err := netlink.LinkByName(name)
	if err != nil {
		return translate(err, "looking up link "+name)
	}
	if have, err := DefaultRoute(); err != nil || have == via {
		return err
	}
	everywhere := toIPNet(netip.PrefixFrom(netip.IPv4Unspecified(), 0))
	route := &netlink.Route{LinkIndex: l.Attrs().Index, Dst: everywhere, Gw: via.AsSlice()}
	return translate(netlink.RouteReplace(route), "setting the default route over "+name)
}

// DefaultRoute returns the gateway of the IPv4 default route, the zero Addr when there is none or it has no gateway.
func DefaultRoute() (netip.Addr, error) {
	routes, err := whole(func() ([]netlink.Route, error) {
		return netlink.RouteListFiltered(netlink.FAMILY_V4, &netlink.Route{Table: unix.RT_TABLE_MAIN}, netlink.RT_FILTER_TABLE)
	})
	if err != nil && !errors.Is(err, unix.ENOENT) {
		return netip.Addr{}, translate(err, "reading the routes")
	}
	for _, r := range routes {
		if r.Dst == nil || toPrefix(r.Dst).Bits() == 0 {
			via, _ := netip.AddrFromSlice(r.Gw)
			return via.Unmap(), nil
		}
	}
	return netip.Addr{}, nil
}
