package model

import "dewpoint/internal/schema"

// resourceGroups declares pools of devices of the nodes. So far a group is its name and what kind of devices it is for: the tables of devices,
// and with them the columns resources and settings, aren't there yet.
func resourceGroups() *schema.Table {
	return &schema.Table{
		Name: "resource_groups", Title: "Resource group", LogType: "system", Key: schema.UUIDKey, KeyField: "uuid",
		Doc: "Named groups for devices of nodes. Nothing can be put into a group yet.",
		Fields: schema.Fields{
			schema.String("uuid").Via("$key"),
			schema.String("name").Required().Summary().Len(1, 256),
			schema.LongText("description").Len(0, 2048).Summary(),
			schema.Enum("type", "node_pci_devices", "node_sriov_nic_devices", "node_usb_devices", "node_host_gpu_devices", "node_nvidia_vgpu_devices").
				Labels("node_pci_devices", "PCI", "node_sriov_nic_devices", "SR-IOV NIC", "node_usb_devices", "USB", "node_host_gpu_devices", "Host GPU",
					"node_nvidia_vgpu_devices", "NVIDIA vGPU").CreateOnly().Summary().Note("what the group is for"),
			schema.Enum("class", "unknown", "gpu", "vgpu", "storage", "hid", "usb", "network", "media", "audio", "fpga", "pci").
				Labels("gpu", "GPU", "vgpu", "vGPU", "hid", "HID", "usb", "USB", "fpga", "FPGA", "pci", "PCI").Summary(),
			schema.Enabled("enabled").Summary(),
			schema.Created("created"),
			schema.Modified("modified"),
		},
	}
}
