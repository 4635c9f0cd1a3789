package cluster

import "dewpoint/internal/schema"

// nodeGPUInstances declares which cards VMs have now.
func nodeGPUInstances() *schema.Table {
	return &schema.Table{
		Name: "node_gpu_instances", Title: "GPU in use", ReadOnly: true, Parent: "gpu", Display: "description",
		Doc: "Cards that running VMs have.",
		Fields: schema.Fields{
			schema.Row("gpu", "node_gpus").ReadOnly().Follows().Summary(),
			schema.Row("machine_device", "machine_devices").ReadOnly().Follows().Summary(),
			schema.String("description").ReadOnly(),
			schema.Modified("modified"),
		},
	}
}
