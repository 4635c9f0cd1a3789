package compute

import "dewpoint/internal/schema"

// machineDeviceSettingsNvidiaVGPU declares what a vGPU is like.
func machineDeviceSettingsNvidiaVGPU() *schema.Table {
	return &schema.Table{
		Name: "machine_device_settings_nvidia_vgpu", Title: "vGPU settings", ReadOnly: true, Parent: "machine_device", Display: "machine_device",
		Doc: "What a vGPU is like. Always empty: vGPUs need NVIDIA's licensed host driver.",
		Fields: schema.Fields{
			schema.Row("machine_device", "machine_devices").ReadOnly().Follows().Summary(),
			schema.String("profile_type").ReadOnly(),
			schema.Uint32("frame_rate_limiter").ReadOnly(),
			schema.Bool("disable_vnc").ReadOnly(),
			schema.Bool("enable_uvm").ReadOnly(),
			schema.Bool("enable_debugging").ReadOnly(),
			schema.Bool("enable_profiling").ReadOnly(),
			schema.Modified("modified"),
		},
	}
}
