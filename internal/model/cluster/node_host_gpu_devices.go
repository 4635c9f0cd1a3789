package cluster

import "dewpoint/internal/schema"

// nodeHostGPUDevices declares the graphics cards that are offered whole.
func nodeHostGPUDevices() *schema.Table {
	return &schema.Table{
		Name: "node_host_gpu_devices", Title: "GPU for passthrough", ReadOnly: true, Parent: "node",
		Doc: "Graphics cards that VMs can have as a whole: those with the mode gpu.",
		Fields: append(pciFields(),
			schema.Row("pci_device", "node_pci_devices").ReadOnly().Follows().Doc("the same device"),
			schema.Uint32("type_id").ReadOnly().Default(0),
			schema.Uint32("device_index").ReadOnly().Default(0).Doc("counts the cards of one model on a node"),
			schema.Uint32("max_instances").ReadOnly().Default(1),
			schema.String("fingerprint").ReadOnly().Doc("the same for all cards of one model"),
			schema.Created("created"),
			schema.Modified("modified"),
		),
	}
}
