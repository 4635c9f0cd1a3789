package cluster

import "dewpoint/internal/schema"

// nodePCIDevices declares the PCI devices that the hosts have.
func nodePCIDevices() *schema.Table {
	return &schema.Table{
		Name: "node_pci_devices", Title: "PCI device", ReadOnly: true, Parent: "node",
		Doc: "PCI devices of the nodes, as their kernels describe them. A device's key stays while it is in its slot.",
		Fields: append(pciFields(),
			schema.String("class").ReadOnly().Summary(),
			schema.String("class_hex").ReadOnly(),
			schema.String("device_type").ReadOnly().Summary().Doc("gpu, network, storage, usb, audio, media, hid, or pci for all else"),
			schema.String("svendor").ReadOnly(),
			schema.String("subsystem_device").ReadOnly(),
			schema.String("physical_slot").ReadOnly(),
			schema.Uint32("sriov_totalvfs").ReadOnly().Default(0),
			schema.Uint32("sriov_numvfs").ReadOnly().Default(0),
			schema.Modified("modified"),
		),
	}
}

// pciFields are what all tables of PCI devices have in common.
func pciFields() schema.Fields {
	return schema.Fields{
		schema.Row("node", "nodes").ReadOnly().Summary().Follows(),
		schema.String("name").ReadOnly().Summary(),
		schema.String("slot").ReadOnly().Summary().Doc("the address, as in 0000:00:03.0"),
		schema.String("vendor").ReadOnly().Summary(),
		schema.String("device").ReadOnly().Summary(),
		schema.String("vendor_device_hex").ReadOnly().Doc("as in 10de:1eb8"),
		schema.String("driver").ReadOnly(),
		schema.String("module").ReadOnly(),
		schema.String("numa").ReadOnly().Doc("the NUMA node; empty where there is but one"),
		schema.String("iommu_group").ReadOnly().Doc("devices of one group can only be given away together; empty without an IOMMU, and then it can't be given away"),
	}
}
