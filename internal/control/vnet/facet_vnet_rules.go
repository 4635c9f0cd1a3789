package vnet

import (
	"dewpoint/internal/applied"
	"dewpoint/internal/host/nft"
	"dewpoint/internal/model/network"
	"dewpoint/internal/store"
)

// vnetRulesFacet is what people let through, as it was last applied.
var vnetRulesFacet = facet{name: "vnet_rules", read: func(tx *store.Tx, v *Vnet) error {
	rows, err := applied.Rows[network.VnetRule](tx, v.Key)
	for _, row := range rows {
		if row.Enabled {
			v.Rule(nft.Forward, ruleOf(row))
		}
	}
	return err
}}

func ruleOf(row network.VnetRule) nft.Rule {
	all := []nft.Match{nft.In(wanLink), nft.Out(lanLink)}
	if row.Direction == "outgoing" {
		all = []nft.Match{nft.In(lanLink), nft.Out(wanLink)}
	}
	if from, _ := network.Prefixes(row.SourceIP); len(from) > 0 {
		all = append(all, nft.Source(from))
	}
	if to, _ := network.Prefixes(row.DestinationIP); len(to) > 0 {
		all = append(all, nft.Destination(to))
	}
	switch ports, _ := network.Ports(row.DestinationPorts); {
	case len(ports) > 0:
		all = append(all, nft.Protocol(row.Protocol).To(ports...))
	case row.Protocol != "any":
		all = append(all, nft.Protocol(row.Protocol))
	}
	return nft.Verdict(row.Action).If(all...)
}
