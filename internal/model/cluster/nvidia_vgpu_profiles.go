package cluster

import "dewpoint/internal/schema"

// nvidiaVGPUProfiles declares the profiles that are known at all.
func nvidiaVGPUProfiles() *schema.Table {
	return &schema.Table{
		Name: "nvidia_vgpu_profiles", Title: "vGPU profile", ReadOnly: true,
		Doc: "Known vGPU profiles. Always empty: they come with NVIDIA's licensed host driver.",
		Fields: schema.Fields{
			schema.String("name").ReadOnly().Summary(),
			schema.Uint32("type_id").ReadOnly().Summary(),
			schema.String("device_hex").ReadOnly(),
			schema.Uint32("num_heads").ReadOnly(),
			schema.Uint32("frl_config").ReadOnly(),
			schema.String("framebuffer").ReadOnly(),
			schema.String("max_resolution").ReadOnly(),
			schema.Uint32("max_instance").ReadOnly(),
			schema.Uint32("max_instances_per_vm").ReadOnly(),
			schema.String("placement_ids").ReadOnly(),
			schema.String("location").ReadOnly(),
			schema.Enum("profile_type", "A", "B", "C", "Q").ReadOnly(),
			schema.String("grid_license").ReadOnly(),
			schema.Bool("virtual_function").ReadOnly(),
			schema.String("profile_folder").ReadOnly(),
		},
	}
}
