package network

import (
	"net/netip"
	"strconv"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// vnetRules declares what the router of a network lets through beside what it always does.
func vnetRules() *schema.Table {
	return &schema.Table{
		Name: "vnet_rules", Title: "Network rule", LogType: "vnet", Parent: "vnet", Pending: "need_fw_apply", Check: checkVnetRule,
		Unique: []schema.Unique{schema.Together("vnet", "name")},
		Doc:    "Rules of a network's router, in the order in which they were made. They take effect when somebody applies them.",
		Fields: schema.Fields{
			schema.Row("vnet", "vnets").Required().CreateOnly().Summary(),
			schema.String("name").Required().Len(1, 128).Summary(),
			schema.LongText("description").Len(0, 2048),
			schema.Enabled("enabled").Summary(),
			schema.Enum("direction", "incoming", "outgoing").Default("incoming").Summary(),
			schema.Enum("action", "accept", "drop").Default("accept").Summary(),
			schema.Enum("protocol", "tcp", "udp", "icmp", "any").Default("any").Summary(),
			schema.String("source_ip").Len(0, 1024).Doc("a list of IPv4 prefixes, such as 10.0.0.0/24; any if empty"),
			schema.String("destination_ip").Len(0, 1024).Doc("a list of IPv4 prefixes; any if empty"),
			schema.String("destination_ports").Len(0, 1024).Doc("a list of ports; any if empty").When("protocol", "tcp", "udp"),
			schema.Modified("modified"),
		},
	}
}

func checkVnetRule(r *schema.Record) error {
	for _, name := range []string{"source_ip", "destination_ip"} {
		if _, err := Prefixes(r.Get(name).Text()); err != nil {
			return errs.Field(name, "must be a list of IPv4 prefixes such as 10.0.0.0/24")
		}
	}
	ports, err := Ports(r.Get("destination_ports").Text())
	if protocol := r.Get("protocol").Text(); err != nil || len(ports) > 0 && protocol != "tcp" && protocol != "udp" {
		return errs.Field("destination_ports", "must be a list of ports from 0 to 65535, of tcp or udp")
	}
	return nil
}

// Prefixes reads a list of IPv4 prefixes; an address is one of its own.
func Prefixes(text string) (list []netip.Prefix, err error) {
	for _, word := range column.ListWords(text) {
		p, err := netip.ParsePrefix(word)
		if a, alone := netip.ParseAddr(word); alone == nil {
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err != nil || !p.Addr().Is4() {
			return nil, errs.New(errs.Invalid, "prefix", "%q is no IPv4 prefix", word)
		}
		list = append(list, p.Masked())
	}
	return list, nil
}

// Ports reads a list of ports.
func Ports(text string) (list []uint16, err error) {
	for _, word := range column.ListWords(text) {
		n, err := strconv.ParseUint(word, 10, 16)
		if err != nil {
			return nil, errs.New(errs.Invalid, "port", "%q is no port", word)
		}
		list = append(list, uint16(n))
	}
	return list, nil
}
