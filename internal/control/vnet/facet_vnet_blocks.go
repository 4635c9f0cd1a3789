package vnet

import (
	"net/netip"

	"dewpoint/internal/applied"
	"dewpoint/internal/host/nft"
	"dewpoint/internal/model/network"
	"dewpoint/internal/store"
)

// vnetBlocksFacet are the ports that the network may not reach, in the router's table.
var vnetBlocksFacet = facet{name: "vnet_blocks", read: func(tx *store.Tx, v *Vnet) error {
	rows, err := applied.Rows[network.VnetBlock](tx, v.Key)
	for _, row := range rows {
		if to := prefixOf(row.Destination); to.IsValid() {
			v.Rule(nft.Forward, nft.Rule{
				In: lanLink, Destinations: []netip.Prefix{to}, Protocol: nft.Protocol(row.Protocol), Ports: []uint16{uint16(row.Port)}, Verdict: nft.Drop,
			})
		}
	}
	return err
}}

// prefixOf reads a subnet or a single address, zero when it is neither.
func prefixOf(text string) netip.Prefix {
	if p, err := netip.ParsePrefix(text); err == nil {
		return p.Masked()
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}
	}
	return netip.PrefixFrom(a, a.BitLen())
}
