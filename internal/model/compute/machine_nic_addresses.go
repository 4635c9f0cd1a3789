package compute

import "dewpoint/internal/schema"

// The values of machine_nic_addresses.source, the most certain first.
const (
	FromLease     = "lease"
	FromAgent     = "agent"
	FromNeighbour = "neighbour"
)

// machineNICAddresses declares what addresses cards have, and how that is known.
func machineNICAddresses() *schema.Table {
	return &schema.Table{
		Name: "machine_nic_addresses", Title: "NIC address", ReadOnly: true, Parent: "nic", Display: "ip",
		Doc: "Addresses of the network cards of running VMs, and how they are known: by a lease of the network's DHCP, by the guest's agent, or because the network's " +
			"router has heard the card use it. What guests say of themselves may be false: no right may depend on it.",
		Fields: schema.Fields{
			schema.Row("nic", "machine_nics").ReadOnly().Summary().Follows(),
			schema.String("ip").ReadOnly().Summary().Indexed().Doc("IPv4 or IPv6"),
			schema.Enum("source", FromLease, FromAgent, FromNeighbour).ReadOnly().Summary(),
			schema.Created("created"),
		},
	}
}
