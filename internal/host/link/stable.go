package link

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// ours are the names of links that a server of this program has made, whichever it was.
var ours = regexp.MustCompile(`^dp[0-9a-f]{4}`)

// StableAddresses lists the addresses that the host has for good, in order: not those with an end, as DHCP and router advertisements give
// them, nor those of one link alone, of the host itself, or of links that we have made.
func StableAddresses() ([]netip.Addr, error) {
	links, err := whole(netlink.LinkList)
	if err != nil {
		return nil, fmt.Errorf("listing the host's links: %w", err)
	}
	var found []netip.Addr
	for _, l := range links {
		if ours.MatchString(l.Attrs().Name) {
			continue
		}
		addresses, err := whole(func() ([]netlink.Addr, error) { return netlink.AddrList(l, netlink.FAMILY_ALL) })
		if isMissing(err) {
			continue // it went meanwhile
		}
		if err != nil {
			return nil, fmt.Errorf("listing the addresses of %s: %w", l.Attrs().Name, err)
		}
		for _, a := range addresses {
			ip := toPrefix(a.IPNet).Addr().Unmap()
			if a.Flags&unix.IFA_F_PERMANENT != 0 && a.Flags&unix.IFA_F_TEMPORARY == 0 && ip.IsGlobalUnicast() {
				found = append(found, ip)
			}
		}
	}
	slices.SortFunc(found, netip.Addr.Compare)
	return slices.Compact(found), nil
}
