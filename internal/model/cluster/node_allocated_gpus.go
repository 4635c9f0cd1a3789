package cluster

import "dewpoint/internal/schema"

// nodeAllocatedGPUs declares which VMs have whole graphics cards.
func nodeAllocatedGPUs() *schema.Table {
	return &schema.Table{
		Name: "node_allocated_gpus", Title: "Allocated GPU", ReadOnly: true, Parent: "gpu", Display: "gpu",
		Doc: "Graphics cards that VMs have as a whole. Always empty: none can be given to a VM yet.",
		Fields: schema.Fields{
			schema.Row("gpu", "node_gpus").ReadOnly().Follows().Summary(),
			schema.Row("machine_device", "machine_devices").ReadOnly().Follows().Summary(),
			schema.Modified("modified"),
		},
	}
}
