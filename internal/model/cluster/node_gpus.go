package cluster

import "dewpoint/internal/schema"

// nodeGPUs declares the graphics cards of the hosts, and what people want done with them.
func nodeGPUs() *schema.Table {
	return &schema.Table{
		Name: "node_gpus", Title: "GPU", NoCreate: true, Parent: "node", LogType: "node", Wakes: []string{"node"},
		Doc: "Graphics cards of the nodes. The row appears with the card; mode says whether VMs can have it.",
		Fields: schema.Fields{
			schema.Row("node", "nodes").ReadOnly().Summary().Follows(),
			schema.String("name").ReadOnly().Summary(),
			schema.LongText("description").Len(0, 2048),
			schema.Row("pci_device", "node_pci_devices").ReadOnly().Follows().Summary(),
			schema.Enum("mode", "none", "gpu", "nvidia_vgpu").Default("none").Summary().
				OnlyYet("cutting a card into vGPUs takes NVIDIA's licensed host driver, which Dewpoint doesn't manage; use gpu to give a whole card to a VM", "none", "gpu").
				Doc("gpu: the whole card can be given to a VM"),
			schema.Row("nvidia_vgpu_profile", "node_nvidia_vgpu_profiles").ReadOnly(),
			schema.Uint32("max_instances").ReadOnly().Default(1),
			schema.Rows("instances", "node_gpu_instances", "gpu"),
			schema.Row("stats", "node_gpu_stats").Twin("node_gpu"),
			schema.Modified("modified"),
		},
	}
}
