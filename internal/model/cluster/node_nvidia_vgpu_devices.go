package cluster

import "dewpoint/internal/schema"

// nodeNvidiaVGPUDevices declares the cards that are cut into vGPUs. None is: that takes NVIDIA's licensed driver on the host.
func nodeNvidiaVGPUDevices() *schema.Table {
	return &schema.Table{
		Name: "node_nvidia_vgpu_devices", Title: "vGPU device", ReadOnly: true, Parent: "node",
		Doc: "Graphics cards that are cut into vGPUs. Always empty: this takes NVIDIA's licensed host driver.",
		Fields: append(pciFields(),
			schema.Row("pci_device", "node_pci_devices").ReadOnly().Follows(),
			schema.Uint32("type_id").ReadOnly(),
			schema.Uint32("max_instances").ReadOnly(),
			schema.String("physical_function").ReadOnly(),
			schema.String("virtfn").ReadOnly(),
			schema.String("fingerprint").ReadOnly(),
			schema.Created("created"),
			schema.Modified("modified"),
		),
	}
}
