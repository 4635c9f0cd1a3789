package compute

import "dewpoint/internal/schema"

// machineDeviceGPUStatsHistoryLong declares how guests used the graphics cards that they were given.
func machineDeviceGPUStatsHistoryLong() *schema.Table {
	return &schema.Table{
		Name: "machine_device_gpu_stats_history_long", Title: "Past GPU load of a device", ReadOnly: true, Parent: "machine_device", Display: "timestamp",
		Doc: "The long-term history of graphics cards that VMs have. Always empty: none can be given to a VM yet.",
		Fields: schema.Fields{
			schema.Row("machine_device", "machine_devices").ReadOnly().Follows().Summary(),
			schema.Uint64("timestamp").ReadOnly().Unit("seconds since 1970").Indexed().Summary(),
		},
	}
}
