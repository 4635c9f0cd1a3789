package cluster

import "dewpoint/internal/schema"

// nodeNvidiaVGPUProfiles declares what such cards can be cut into.
func nodeNvidiaVGPUProfiles() *schema.Table {
	return &schema.Table{
		Name: "node_nvidia_vgpu_profiles", Title: "vGPU profile of a card", ReadOnly: true, Parent: "physical_gpu",
		Doc: "Profiles of vGPUs that cards have. Always empty: this takes NVIDIA's licensed host driver.",
		Fields: schema.Fields{
			schema.Row("physical_gpu", "node_gpus").ReadOnly().Follows(),
			schema.String("name").ReadOnly().Summary(),
			schema.Uint32("num_heads").ReadOnly(),
			schema.Uint32("frl_config").ReadOnly(),
			schema.String("framebuffer").ReadOnly(),
			schema.String("max_resolution").ReadOnly(),
			schema.Uint32("max_instance").ReadOnly(),
			schema.Uint32("available_instances").ReadOnly(),
			schema.String("device_api").ReadOnly(),
			schema.String("profile_type").ReadOnly(),
			schema.Bool("virtual_function").ReadOnly(),
			schema.String("profile_folder").ReadOnly(),
		},
	}
}
