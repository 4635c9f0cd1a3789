package compute

import "dewpoint/internal/schema"

// machineNICStatus declares the facts of one NIC; its key is the NIC's.
func machineNICStatus() *schema.Table {
	return &schema.Table{
		Name: "machine_nic_status", Title: "NIC status", ReadOnly: true, Parent: "parent_nic", Display: "status",
		Doc: "Link state of a NIC. The row has the NIC's key.",
		Fields: schema.Fields{
			schema.Row("parent_nic", "machine_nics").ReadOnly(),
			schema.Enum("status", "up", "down", "unknown", "lowerlayerdown").Default("down").ReadOnly().Summary(),
			schema.Enum("state", "online", "offline", "warning", "error").Default("offline").ReadOnly(),
			schema.Int64("held_vnet").ReadOnly().Hidden().Default(0).Indexed().Doc("the network that the domain's card is plugged into; 0 while the guest doesn't have it"),
			schema.Uint32("speed").ReadOnly().Default(0).Unit("Mbit/s"),
			schema.Modified("last_update"),
		},
	}
}
