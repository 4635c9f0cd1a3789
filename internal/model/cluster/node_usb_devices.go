package cluster

import "dewpoint/internal/schema"

// nodeUSBDevices declares the USB devices that are plugged into the hosts.
func nodeUSBDevices() *schema.Table {
	return &schema.Table{
		Name: "node_usb_devices", Title: "USB device", ReadOnly: true, Parent: "node", Display: "model",
		Doc: "USB devices that are plugged into the nodes, without hubs. A device's key stays while it is plugged into its port.",
		Fields: schema.Fields{
			schema.Row("node", "nodes").ReadOnly().Summary().Follows(),
			schema.String("bus").ReadOnly().Summary(),
			schema.String("device").ReadOnly().Summary().Doc("its number on the bus, another one each time it is plugged in"),
			schema.String("path").ReadOnly().Doc("the port that it is plugged into, as in 1-2.4"),
			schema.String("devpath").ReadOnly(),
			schema.String("vendor").ReadOnly().Summary(),
			schema.String("vendor_id").ReadOnly(),
			schema.String("model").ReadOnly().Summary(),
			schema.String("model_id").ReadOnly(),
			schema.String("serial").ReadOnly(),
			schema.String("usb_version").ReadOnly(),
			schema.String("speed").ReadOnly().Unit("Mbit/s"),
			schema.String("interface_drivers").ReadOnly().Doc("what the node's kernel uses it by, separated by commas"),
			schema.Modified("modified"),
		},
	}
}
