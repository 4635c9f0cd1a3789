package network

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// notOfNetworks is why columns of networks can't be set that would have no effect.
const notOfNetworks = "networks can't do this yet; leave it as it is"

// vnetIdentity says what a network is.
func vnetIdentity() schema.Fields {
	return schema.Fields{
		schema.String("name").Required().Unique().Summary().Len(1, 128).Match(column.Printable, column.NotPrintable),
		schema.LongText("description").Len(0, 2048).Summary(),
		schema.Enabled("enabled").Summary(),
		schema.Enum("type", "internal", "external", "bgp", "dmz", "core", "physical", "port_mirror", "vpn").Default("internal").CreateOnly().
			OnlyYet("only internal networks are supported yet", "internal").Summary(),
		schema.Enum("layer2_type", "vlan", "vxlan", "none", "bond", "bond_slave").Default("vxlan").Label("Layer 2 type"),
		schema.Uint32("layer2_id").OnlyYet(notOfNetworks).Label("Layer 2 ID"),
	}
}

// vnetSubnet says which addresses a network has, and who gives them out.
func vnetSubnet() schema.Fields {
	return schema.Fields{
		schema.String("network").Len(0, 43).Summary().Doc("the IPv4 subnet, such as 10.0.0.0/24; taken from ipaddress if that has a length; with DHCP and neither, the first free one from 192.168.0.0/24 on"),
		schema.String("ipaddress").Len(0, 45).Summary().Doc("the router's address in the subnet, also with its length, such as 10.0.0.1/24; the first one if not given").Label("Router's IP address"),
		schema.String("gateway").Len(0, 45).Doc("the gateway for DHCP clients; the router if empty"),
		schema.Uint32("mtu").Default(1500).Range(576, 65535).Unit("bytes"),
		schema.Bool("dhcp_enabled"),
		schema.String("dhcp_start").Len(0, 45).When("dhcp_enabled", "true").Doc("the first address that DHCP gives out; the first free one of the subnet if not given"),
		schema.String("dhcp_stop").Len(0, 45).When("dhcp_enabled", "true").Doc("the last address that DHCP gives out; the last one of the subnet if not given"),
		schema.Enum("dns", "disabled", "simple", "bind", "network").Default("simple").OnlyYet("names are answered by the router alone, without a server of its own", "disabled", "simple"),
		schema.String("domain").Len(0, 253).Match(column.DNSDomain, column.NotDNSDomain),
	}
}

// vnetRouter says how the router of a network runs.
func vnetRouter() schema.Fields {
	return schema.Fields{
		schema.Bool("need_fw_apply").ReadOnly().Doc("rules were changed; the action refresh applies them"),
		schema.Bool("need_dns_apply").ReadOnly().Doc("DNS rows were changed; the action applydns applies them"),
		schema.Bool("need_proxy_apply").ReadOnly(),
		schema.Bool("need_restart").ReadOnly(),
		column.PowerLoss().Doc("last_state if not given").Section("Placement and power"),
		schema.Row("interface_vnet", "vnets"),
		schema.Bool("proxy_enabled").OnlyYet(notOfNetworks),
		schema.Row("machine", "machines").Owned(schema.Set{"type": schema.TextValue("vnet")}),
		schema.LongText("dnslist").Len(0, 1024).Doc("upstream name servers; the host's if empty").Label("DNS servers"),
		schema.String("creator").Creator(),
		schema.String("dmz_ipaddress").Len(0, 45).OnlyYet(notOfNetworks).Label("DMZ IP address"),
		schema.String("macaddress").ReadOnly(),
		schema.Enum("ipaddress_type", "static", "dynamic", "bgp", "none").Default("static"),
		schema.String("hostname").Len(0, 63).Match(column.Hostname, column.NotHostname).Default("router"),
		schema.Bool("override_dhcp_dns").Label("Override DNS of DHCP"),
		schema.Row("network_dns", "vnets"),
		schema.Bool("dhcp_dynamic"),
		schema.Bool("dhcp_sequential"),
		schema.String("vxlan_multicast").Len(0, 45).OnlyYet(notOfNetworks),
		schema.Bool("physical_bridged").OnlyYet(notOfNetworks),
		schema.Bool("powerstate").Via("machine#status#powerstate"),
		schema.Row("cluster", "clusters").Forward("machine").Section("Placement and power"),
		schema.Row("cluster_failover", "clusters").Forward("machine").Section("Placement and power"),
		schema.Row("preferred_node", "nodes").Forward("machine").Section("Placement and power"),
		schema.String("ha_group").Forward("machine").Section("Placement and power"),
	}
}

// vnetTraffic says what becomes of what passes a network.
func vnetTraffic() schema.Fields {
	return schema.Fields{
		schema.Bool("enable_bonding").OnlyYet(notOfNetworks),
		schema.Enum("port_mirroring", "off", "east_west", "north_south").Default("off").OnlyYet(notOfNetworks),
		schema.Row("port_mirroring_vnet", "vnets").When("port_mirroring", "east_west", "north_south"),
		schema.Bool("statistics").OnlyYet(notOfNetworks),
		schema.Bool("dmz_statistics").OnlyYet(notOfNetworks),
		schema.Bool("trace").OnlyYet(notOfNetworks),
		schema.Bool("mirror_logs").OnlyYet(notOfNetworks),
		schema.Uint64("rate_limit").Default(0).OnlyYet(notOfNetworks),
		schema.Enum("rate_limit_type", "bytes/second", "kbytes/second", "mbytes/second", "bytes/minute", "kbytes/minute", "mbytes/minute", "bytes/hour",
			"kbytes/hour", "mbytes/hour", "bytes/day", "kbytes/day", "mbytes/day", "second", "minute", "hour", "day").Default("mbytes/second"),
		schema.Uint64("rate_limit_burst").Default(0).OnlyYet(notOfNetworks),
	}
}

// vnetRest are the columns that clients know beside these, and those that the server keeps for itself.
func vnetRest() schema.Fields {
	return schema.Fields{
		schema.Uint32("bgp_asn").OnlyYet(notOfNetworks),
		schema.Bool("ipsec_enabled").ReadOnly(),
		schema.String("proxy_listen_address").Len(0, 45),
		schema.Enum("pxe", "none", "ybos", "custom").Default("none").OnlyYet(notOfNetworks),
		schema.String("tftp_server").Len(0, 45).OnlyYet(notOfNetworks).When("pxe", "custom"),
		schema.Bool("monitor_gateway").OnlyYet(notOfNetworks),
		schema.String("monitor_ip").Len(0, 45).When("monitor_gateway", "true"),
		schema.Uint32("monitor_interval_ms").Default(2000).Range(1000, 120000).Unit("milliseconds").When("monitor_gateway", "true"),
		schema.LongText("note").Len(0, 1024),
		schema.Row("vnet_default_gateway", "vnets"),
		schema.JSON("bond_interfaces_args").Argument(),
		schema.JSON("advanced_options"),
		schema.Bool("autostart").Default(true),
		schema.Bool("need_interface_apply").ReadOnly(),
		schema.Bool("apply_fw_on_start").Doc("apply the rules at every start of the router"),
		schema.Uint64("last_fw_apply").ReadOnly(),
		schema.Uint64("last_dns_apply").ReadOnly(),
		schema.Row("nic", "machine_nics").ReadOnly().Doc("the router's card in its network; its stats hold the router's traffic"),
		schema.Row("nic_dmz", "machine_nics").ReadOnly(),
		schema.AnyRow("owner", "vms", "tenants", "tenant_nodes", "vm_services").Forgets().ReadOnly(),
		schema.Rows("addresses", "vnet_addresses", "vnet"),
		schema.Rows("rules", "vnet_rules", "vnet"),
		schema.String("uuid").ReadOnly().Hidden().Unique().Doc("the resource API's id"),
		column.StorageID(),
		schema.Enum("mode", "nat", "route", "bridge", "private").Default("nat").Hidden().Doc("how networks of the resource API reach other networks"),
		schema.Bool("on_demand").ReadOnly().Hidden().Doc("the first VM on it that starts starts it, too"),
		schema.Created("created").Argument(),
		schema.Modified("modified").Argument(),
	}
}
