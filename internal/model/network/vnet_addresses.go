package network

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// vnetAddresses declares the addresses known on a network: DHCP leases (dynamic), reservations (static) and aliases.
func vnetAddresses() *schema.Table {
	return &schema.Table{
		Name: "vnet_addresses", Title: "Network address", LogType: "vnet", Parent: "vnet", Owner: "owner", Wakes: []string{"vnet"}, Display: "ip",
		Unique: []schema.Unique{schema.Together("vnet", "ip").When("reserved"), schema.Together("vnet", "mac").When("reserved")},
		Doc:    "Addresses of a network: DHCP leases (type dynamic) and reservations (type static).",
		Fields: schema.Fields{
			schema.Row("vnet", "vnets").Required().CreateOnly().Summary(),
			schema.String("ip").Len(0, 45).Summary().Example("10.1.0.10"),
			schema.String("hostname").Len(0, 63).Match(column.Hostname, column.NotHostname).Summary(),
			schema.LongText("description").Len(0, 2048),
			schema.MAC("mac").Summary().Indexed().Example("52:54:00:12:34:56"),
			schema.Enum("type", "dynamic", "static", "ipalias", "proxy", "virtual").Required().Summary().
				OnlyYet("addresses can only be reserved yet", "static", "dynamic").Example("static").Doc("static: a reservation. dynamic: a lease, which DHCP makes"),
			schema.AnyRow("owner", "machine_nics", "vms", "vnets", "tenants").Forgets(),
			schema.Uint32("expiration").Unit("seconds since 1970"),
			schema.String("vendor").Len(0, 128),
			schema.String("name").Via("hostname").Argument(),
			schema.String("client_id").ReadOnly().Hidden(),
			schema.Bool("reserved").ReadOnly().Hidden().Doc("a reservation that counts: no other has its address or its card"),
		},
	}
}
