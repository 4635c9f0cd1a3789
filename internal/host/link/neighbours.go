package link

import (
	"net/netip"

	"github.com/vishvananda/netlink"
)

// Neighbour is an address that somebody on a link was heard to use.
type Neighbour struct {
	IP  netip.Addr
	MAC string // in lower case, with colons
}

// Neighbours returns whom the kernel has heard on the links of a network namespace (its ARP and NDP tables), without those that it only looks for.
// NotFound when there is no such namespace.
func Neighbours(namespace string) (found []Neighbour, err error) {
	err = In(namespace, func() error {
		all, err := whole(func() ([]netlink.Neigh, error) { return netlink.NeighList(0, netlink.FAMILY_ALL) })
		if err != nil {
			return translate(err, "reading the neighbours in network namespace "+namespace)
		}
		const heard = netlink.NUD_REACHABLE | netlink.NUD_STALE | netlink.NUD_DELAY | netlink.NUD_PROBE
		for _, n := range all {
			if ip, ok := netip.AddrFromSlice(n.IP); ok && n.State&heard != 0 && len(n.HardwareAddr) == 6 {
				found = append(found, Neighbour{ip.Unmap(), n.HardwareAddr.String()})
			}
		}
		return nil
	})
	return found, err
}
