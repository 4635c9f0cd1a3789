package compute

import "dewpoint/internal/schema"

// machineDeviceStatus declares the facts of one device; its key is the device's.
func machineDeviceStatus() *schema.Table {
	return &schema.Table{
		Name: "machine_device_status", Title: "Device status", ReadOnly: true, Parent: "parent_device", Display: "status",
		Doc: "State of a device. The row has the device's key.",
		Fields: schema.Fields{
			schema.Row("parent_device", "machine_devices").ReadOnly(),
			schema.Enum("status", "online", "offline", "errors", "warning", "hotplug", "initializing", "missing", "idle").Default("offline").ReadOnly().Summary(),
			schema.String("status_info").ReadOnly(),
			schema.Modified("last_update"),
		},
	}
}
