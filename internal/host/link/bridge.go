package link

import (
	"github.com/vishvananda/netlink"

	"dewpoint/internal/errs"
)

// EnsureBridge makes the bridge, up and with that MTU in bytes. It gets no address, no spanning tree (the kernel's default)
// and no IPv6 of the host's own, so that what guests send, router advertisements first of all, never configures the host.
func EnsureBridge(name string, mtu int) error {
	if err := checkName(name); err != nil {
		return err
	}
	l, err := netlink.LinkByName(name)
	if isMissing(err) {
		attrs := netlink.NewLinkAttrs()
		attrs.Name, attrs.MTU = name, mtu
		if err := netlink.LinkAdd(&netlink.Bridge{LinkAttrs: attrs}); err != nil {
			return translate(err, "making bridge "+name)
		}
		l, err = netlink.LinkByName(name)
	}
	if err != nil {
		return translate(err, "looking up bridge "+name)
	}
	if l.Type() != "bridge" {
		return errs.New(errs.Conflict, "link_not_bridge", "link %s exists and is a %s, not a bridge", name, l.Type())
	}
	if err := quietIPv6(name); err != nil {
		return err
	}
	return bringTo(l, mtu)
}
