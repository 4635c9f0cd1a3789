package network

import (
	"net/netip"
	"slices"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
	"dewpoint/internal/subnet"
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
		{Name: "clear_statistics", Doc: "set what the rules have counted to 0"},
		{Name: "execute", NotBuilt: later},
	}
}

func applyRules() *schema.Field { return schema.Bool("apply").Doc("apply the rules first") }

// checkVnet holds the addresses of a network against its subnet.
func checkVnet(r *schema.Record) error {
	if _, err := subnet.Of(SubnetOf(r)); err != nil {
		return err
	}
	if name := r.Get("hostname").Text(); column.NobodysName(name) {
		return errs.Field("hostname", "%q isn't allowed as the name of a machine", name)
	}
	for _, word := range column.ListWords(r.Get("dnslist").Text()) {
		a, err := netip.ParseAddr(word)
		if err != nil || a.Zone() != "" {
			return errs.Field("dnslist", "must be a list of IP addresses")
		}
		if a.IsUnspecified() || a.IsMulticast() || a == netip.AddrFrom4([4]byte{255, 255, 255, 255}) {
			return errs.Field("dnslist", "%s can't be a name server", a)
		}
	}
	return nil
}

// SubnetOf returns the columns of a network that say which addresses it has.
func SubnetOf(r *schema.Record) subnet.Row {
	text := func(name string) string { return r.Get(name).Text() }
	return subnet.Row{Network: text("network"), Router: text("ipaddress"), Gateway: text("gateway"), First: text("dhcp_start"), Last: text("dhcp_stop")}
}
