package nft

import "net/netip"

// Source matches packets from any of the IPv4 prefixes.
type Source []netip.Prefix

func (m Source) words() (string, error) {
	for _, p := range m {
		if !p.IsValid() || !p.Addr().Is4() {
			return "", refuse("%v isn't an IPv4 prefix", p)
		}
	}
	members, err := set("source", m)
	return "ip saddr " + members, err
}
