package network

import (
	"net/netip"
	"slices"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// vnets declares virtual networks. The router of one is a machine.
func vnets() *schema.Table {
	return &schema.Table{
		Name: "vnets", Title: "Network", Queue: "machine", LogType: "vnet", Wakes: []string{"vnet"}, Owner: "owner", Tombstone: true,
		Doc:         "Virtual networks and their routers.",
		ActionTable: "vnet_actions", ActionRef: "vnet", Actions: vnetActions(), Check: checkVnet,
		Fields: slices.Concat(
			vnetIdentity(), vnetSubnet().InSection("Subnet"), vnetRouter().InSection("Router"), vnetTraffic().InSection("Traffic"), vnetRest().InSection("Other"),
		),
	}
}

func vnetActions() schema.Actions {
	later := "this action isn't supported for networks yet"
	return schema.Actions{
		{Name: "poweron", Doc: "start the router", Params: schema.Fields{applyRules()}},
		{Name: "poweroff", Doc: "stop the router", Aliases: []string{"killpower", "kill"}},
		{Name: "reset", Doc: "stop and start the router", Params: schema.Fields{applyRules()}},
		{Name: "refresh", Doc: "apply the rules", Aliases: []string{"apply"}},
		{Name: "applydns", Doc: "apply the DNS settings"},
		{Name: "migrate", NotBuilt: later},
		{Name: "clear_statistics", NotBuilt: later},
		{Name: "execute", NotBuilt: later},
	}
}

func applyRules() *schema.Field { return schema.Bool("apply").Doc("apply the rules first") }

// checkVnet holds the addresses of a network against its subnet.
func checkVnet(r *schema.Record) error {
	subnet, err := netip.ParsePrefix(r.Get("network").Text())
	if r.Get("network").Text() == "" {
		if r.Get("dhcp_enabled").Bool() {
			return errs.Field("network", "DHCP needs a subnet such as 10.0.0.0/24")
		}
		return nil
	}
	if err != nil || !subnet.Addr().Is4() || subnet.Bits() < 8 || subnet.Bits() > 30 {
		return errs.Field("network", "must be an IPv4 subnet from /8 to /30, such as 10.0.0.0/24")
	}
	for _, name := range []string{"ipaddress", "gateway", "dhcp_start", "dhcp_stop"} {
		if text := r.Get(name).Text(); text != "" {
			if a, err := netip.ParseAddr(text); err != nil || !subnet.Contains(a) {
				return errs.Field(name, "must be an address in %s", subnet.Masked())
			}
		}
	}
	for _, word := range column.ListWords(r.Get("dnslist").Text()) {
		if a, err := netip.ParseAddr(word); err != nil || a.Zone() != "" {
			return errs.Field("dnslist", "must be a list of IP addresses")
		}
	}
	start, _ := netip.ParseAddr(r.Get("dhcp_start").Text())
	stop, _ := netip.ParseAddr(r.Get("dhcp_stop").Text())
	if start.IsValid() && stop.IsValid() && stop.Less(start) {
		return errs.Field("dhcp_stop", "must not be lower than dhcp_start")
	}
	return nil
}
