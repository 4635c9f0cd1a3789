package compute

import "dewpoint/internal/schema"

// machineDeviceSettingsUSB declares what a guest may do to a USB device of the host.
func machineDeviceSettingsUSB() *schema.Table {
	return &schema.Table{
		Name: "machine_device_settings_usb", Title: "USB device settings", ReadOnly: true, Parent: "machine_device", Display: "machine_device",
		Doc: "What a guest may do to a USB device of the host. Empty until such devices can be given to VMs.",
		Fields: schema.Fields{
			schema.Row("machine_device", "machine_devices").ReadOnly().Follows().Summary(),
			schema.Bool("guest_reset").ReadOnly().Default(true),
			schema.Bool("guest_resets_all").ReadOnly().Default(true),
			schema.Modified("modified"),
		},
	}
}
