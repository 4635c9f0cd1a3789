package network

import (
	"net/netip"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// vnetBlocks declares what a network may not reach: a port at addresses.
func vnetBlocks() *schema.Table {
	return &schema.Table{
		Name: "vnet_blocks", Title: "Network block", LogType: "vnet", Parent: "vnet", Pending: "need_fw_apply", Check: checkVnetBlock,
		Doc: "Ports that machines of a network may not reach beyond its router.",
		Fields: schema.Fields{
			schema.Row("vnet", "vnets").Required().CreateOnly().Summary(),
			schema.String("name").Required().Len(1, 128).Summary(),
			schema.String("destination").Required().Len(1, 43).Summary().Doc("an IPv4 address or subnet"),
			schema.Enum("protocol", "tcp", "udp").Default("tcp").Summary(),
			schema.Uint32("port").Required().Range(1, 65535).Summary(),
			schema.Modified("modified"),
		},
	}
}

func checkVnetBlock(r *schema.Record) error {
	text := r.Get("destination").Text()
	if p, err := netip.ParsePrefix(text); err == nil && p.Addr().Is4() {
		return nil
	}
	if a, err := netip.ParseAddr(text); err == nil && a.Is4() {
		return nil
	}
	return errs.Field("destination", "must be an IPv4 address or subnet, as in 192.0.2.0/24")
}
