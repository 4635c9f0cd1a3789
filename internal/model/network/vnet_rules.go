package network

import (
	"slices"

	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// MostRules is how many a network can have.
const MostRules = 10_000

// lengthOfList is how long the lists of a rule can be, in characters.
const lengthOfList = 4096

// vnetRules declares the rules of a network's router (docs/design/0050-rules-of-networks.md).
func vnetRules() *schema.Table {
	return &schema.Table{
		Name: "vnet_rules", Title: "Network rule", LogType: "vnet", Parent: "vnet", Pending: "need_fw_apply", Check: checkVnetRule,
		Unique: []schema.Unique{schema.Together("vnet", "name")},
		Doc:    "Rules of a network's router: what may pass, and what is translated. A change waits until the network's rules are applied.",
		Fields: slices.Concat(
			schema.Fields{
				schema.Row("vnet", "vnets").Required().CreateOnly().Summary(),
				schema.String("name").Required().Len(1, 128).Match(column.Printable, column.NotPrintable).Summary(),
				schema.LongText("description").Len(0, 2048),
				schema.Enabled("enabled").Summary(),
				schema.Uint32("orderid").Summary().Label("Order").Doc("rules are asked in this order; behind all others if not given"),
				schema.Enum("pin", "no", "top", "bottom").Default("no").Doc("top: before all rules that aren't; bottom: behind them"),
			},
			ruleDecision().InSection("Decision"), rulePackets().InSection("Packets"), ruleCounts().InSection("Watching"),
		),
	}
}

// ruleDecision says what becomes of packets that meet a rule.
func ruleDecision() schema.Fields {
	return schema.Fields{
		schema.Enum("direction", "incoming", "outgoing").Default("incoming").Summary().Doc("whether packets come in by the interface, or go out by it"),
		schema.Enum("action", "accept", "drop", "reject", "translate", "route").Default("accept").Summary().
			OnlyYet("routes between networks aren't built yet; leave this rule out", "accept", "drop", "reject", "translate").
			Doc("translate: give incoming connections another destination, or outgoing ones another source"),
		schema.String("target_ip").Len(0, 256).When("action", "translate", "route").Doc("one address, the name of an alias of one, router or vmnic:VM.NIC").Label("Target IP"),
		schema.String("target_ports").Len(0, 11).When("action", "translate").Doc("the port as it becomes; unchanged if empty"),
		schema.String("throttle").Len(0, 64).Match(throttlePattern, "a number of packets and a unit, such as 100/second").
			Doc("the rule is met by that many packets, such as 100/second; the unit is second, minute, hour or day"),
		schema.Bool("drop_throttle").Default(false).Doc("packets beyond throttle are dropped; else the rules behind this one are asked about them"),
	}
}

// rulePackets says which packets meet a rule.
func rulePackets() schema.Fields {
	return schema.Fields{
		schema.Enum("protocol", "any", "tcp", "udp", "tcpudp", "icmp", "89", "2", "47", "50", "51").Default("any").Summary().
			Labels("tcp", "TCP", "udp", "UDP", "tcpudp", "TCP and UDP", "icmp", "ICMP", "89", "OSPF", "2", "IGMP", "47", "GRE", "50", "ESP", "51", "AH"),
		schema.Enum("interface", "auto", "router", "dmz", "wireguard", "any").Default("auto").
			OnlyYet("networks have no WireGuard yet; use auto", "auto", "router", "dmz", "any").
			Doc("router: the router's card in its own network. dmz, auto: its ways to all other networks. any: all of them"),
		placeList("source_ip").Doc("addresses and subnets, names of aliases, vnetself, router, vnet:NAME and vmnic:VM.NIC, with commas between them; any if empty"),
		portList("source_ports"),
		placeList("destination_ip").Doc("as source_ip").Summary(),
		portList("destination_ports").Doc("ports and ranges of ports, such as 80,8000-8100; any if empty").Summary(),
		schema.Enum("ct_state", "new", "established", "related", "untracked").Label("Connection state").
			Doc("what connection tracking thinks of the packet. Without it, the rule is asked about packets that open a connection"),
	}
}

// ruleCounts are what is noted of packets that meet a rule, and of the rule itself.
func ruleCounts() schema.Fields {
	return schema.Fields{
		schema.Bool("statistics").Default(false).Doc("count what meets the rule"),
		schema.Bool("log").Default(false).OnlyYet("packets aren't logged yet; use statistics"),
		schema.Bool("trace").Default(false).OnlyYet("packets aren't traced yet; use statistics"),
		schema.Uint64("packets").ReadOnly().Default(0).Doc("what met the rule while it had statistics; of a translation, connections"),
		schema.Uint64("bytes").ReadOnly().Default(0).Unit("bytes"),
		schema.Bool("system_rule").ReadOnly().Default(false),
		schema.AnyRow("owner", "vnets").Forgets().ReadOnly(),
		schema.String("creator").Creator(),
		schema.Modified("modified"),
		schema.Uint64("counter_packets").ReadOnly().Hidden().Default(0).Doc("what the host's counter said when packets was last written"),
		schema.Uint64("counter_bytes").ReadOnly().Hidden().Default(0),
	}
}

func placeList(name string) *schema.Field { return schema.String(name).Len(0, lengthOfList) }

func portList(name string) *schema.Field { return schema.String(name).Len(0, 1024) }
