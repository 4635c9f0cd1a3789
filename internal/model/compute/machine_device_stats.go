package compute

import "dewpoint/internal/schema"

// machineDeviceStats declares what devices count.
func machineDeviceStats() *schema.Table {
	return &schema.Table{
		Name: "machine_device_stats", Title: "Device load", ReadOnly: true, Parent: "machine_device", Display: "machine_device",
		Doc: "Counters of devices. Always empty: of the devices that VMs can have, none counts anything.",
		Fields: schema.Fields{
			schema.Row("machine_device", "machine_devices").ReadOnly().Follows().Summary(),
			schema.Modified("last_update"),
		},
	}
}
