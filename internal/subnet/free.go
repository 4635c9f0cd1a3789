package subnet

import (
	"net/netip"
	"slices"

	"dewpoint/internal/errs"
)

// freeRange is where subnets come from that nobody chose: the table API's documented default, 192.168.0.0/24, and those behind it.
var freeRange = netip.MustParsePrefix("192.168.0.0/16")

// Free returns the first subnet of the default's size that overlaps nothing taken. Its error is Full.
func Free(taken []netip.Prefix) (netip.Prefix, error) {
	a := freeRange.Addr().As4()
	for third := range 256 {
		a[2] = byte(third)
		p := netip.PrefixFrom(netip.AddrFrom4(a), 24)
		if !slices.ContainsFunc(taken, p.Overlaps) {
			return p, nil
		}
	}
	return netip.Prefix{}, errs.New(errs.Full, "subnets_full", "no subnet of %v is left for a network without one; send %s, such as 10.0.0.0/24", freeRange, errs.Column("network"))
}
