package cluster

import "dewpoint/internal/schema"

// nodeGPUInstances declares the parts of graphics cards that VMs have.
func nodeGPUInstances() *schema.Table {
	return &schema.Table{
		Name: "node_gpu_instances", Title: "GPU instance", ReadOnly: true, Parent: "gpu",
		Doc: "Graphics cards, or parts of them, that VMs have. Always empty: none can be given to a VM yet.",
		Fields: schema.Fields{
			schema.Row("gpu", "node_gpus").ReadOnly().Follows().Summary(),
			schema.Row("machine_device", "machine_devices").ReadOnly().Follows().Summary(),
			schema.String("name").ReadOnly().Summary(),
			schema.LongText("description").ReadOnly(),
			schema.Modified("modified"),
		},
	}
}
