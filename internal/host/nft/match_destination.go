package nft

import "net/netip"

// Destination matches packets to any of the IPv4 prefixes.
type Destination []netip.Prefix

func (m Destination) words() (string, error) {
	for _, p := range m {
		if !p.IsValid() || !p.Addr().Is4() {
			return "", refuse("%v is no IPv4 prefix", p)
		}
	}
	members, err := set("destination", m)
	return "ip daddr " + members, err
}
