package cluster

import "dewpoint/internal/schema"

// nodeSRIOVNICDevices declares the virtual functions of network cards.
func nodeSRIOVNICDevices() *schema.Table {
	return &schema.Table{
		Name: "node_sriov_nic_devices", Title: "SR-IOV virtual function", ReadOnly: true, Parent: "node",
		Doc: "Virtual functions of the nodes' network cards, which can be given to VMs one by one.",
		Fields: append(pciFields(),
			schema.Row("pci_device", "node_pci_devices").ReadOnly().Follows().Doc("the same device"),
			schema.String("svendor").ReadOnly(),
			schema.String("subsystem_device").ReadOnly(),
			schema.String("physical_slot").ReadOnly(),
			schema.String("physical_function").ReadOnly().Summary().Doc("the address of the card that it is a function of"),
			schema.String("revision_number").ReadOnly(),
			schema.Modified("modified"),
		),
	}
}
