package nft

import (
	"cmp"
	"net/netip"
	"slices"
)

// From and Toward match packets by the address that they come from, and by the one that they go to: any in the IPv4 prefixes.
type (
	From   []netip.Prefix
	Toward []netip.Prefix
)

func (m From) words() (string, error)   { return addresses("ip saddr", m) }
func (m Toward) words() (string, error) { return addresses("ip daddr", m) }

func addresses(key string, prefixes []netip.Prefix) (string, error) {
	for _, p := range prefixes {
		if !p.IsValid() || !p.Addr().Is4() {
			return "", refuse("%v isn't an IPv4 prefix", p)
		}
	}
	list := outermost(prefixes)
	if len(list) == 1 && list[0].Bits() == 0 {
		return "meta nfproto ipv4", nil // a set can't hold all
	}
	members, err := set("address", list)
	return key + " " + members, err
}

// outermost leaves out the prefixes that lie in others: a set of nft's has none that overlap.
func outermost(prefixes []netip.Prefix) (out []netip.Prefix) {
	sorted := make([]netip.Prefix, len(prefixes))
	for i, p := range prefixes {
		sorted[i] = p.Masked()
	}
	slices.SortFunc(sorted, func(a, b netip.Prefix) int {
		return cmp.Or(a.Addr().Compare(b.Addr()), cmp.Compare(a.Bits(), b.Bits()))
	})
	for _, p := range sorted {
		if last := len(out) - 1; last < 0 || !out[last].Overlaps(p) {
			out = append(out, p)
		}
	}
	return out
}

// FromRouter and TowardRouter match packets from, and to, any address of the router itself.
type (
	FromRouter   struct{}
	TowardRouter struct{}
)

func (FromRouter) words() (string, error)   { return "fib saddr type local", nil }
func (TowardRouter) words() (string, error) { return "fib daddr type local", nil }
