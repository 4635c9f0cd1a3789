package cluster

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// deviceTables is a column with the name of a table of devices, of which a resource group can be made.
func deviceTables(name string) *schema.Field {
	return schema.Enum(name, "node_pci_devices", "node_sriov_nic_devices", "node_usb_devices", "node_host_gpu_devices", "node_nvidia_vgpu_devices").
		Labels("node_pci_devices", "PCI", "node_sriov_nic_devices", "SR-IOV NIC", "node_usb_devices", "USB", "node_host_gpu_devices", "Host GPU",
			"node_nvidia_vgpu_devices", "NVIDIA vGPU")
}

// noMembers is why groups and rules list no devices.
const noMembers = "always empty: no device is set aside for a group yet. Ask the table that type names with the filter of a rule for those that it matches"

// noSettings is why a group has no settings.
const noSettings = "devices of a group have no settings yet"

// resourceGroups declares pools of devices of the hosts.
func resourceGroups() *schema.Table {
	return &schema.Table{
		Name: "resource_groups", Title: "Resource group", Key: schema.UUIDKey,
		Doc: "Pools of devices of the nodes. Rules say which devices belong to a group. VMs can't be given devices of the host yet: a device of a VM that names a group is refused, with the reason.",
		Fields: schema.Fields{
			schema.String("name").Required().Unique().Len(1, 256).Match(column.Printable, column.NotPrintable).Summary(),
			schema.String("uuid").Via("$key"),
			schema.LongText("description").Len(0, 2048).Summary(),
			deviceTables("type").Required().CreateOnly().Summary().Doc("the table of the devices that it is made of"),
			schema.Enum("class", "unknown", "gpu", "vgpu", "storage", "hid", "usb", "network", "media", "audio", "fpga", "pci").
				Labels("gpu", "GPU", "vgpu", "vGPU", "hid", "HID", "usb", "USB", "fpga", "FPGA", "pci", "PCI").Default("unknown").Summary(),
			schema.Enabled("enabled").Summary(),
			schema.JSON("settings_args").OnlyYet(noSettings),
			schema.JSON("key_args").OnlyYet(noSettings),
			schema.Rows("rules", "resource_rules", "resource_group"),
			schema.Void("resources", "resource_group_devices").Doc(noMembers),
			schema.Created("created"),
			schema.Modified("modified"),
		},
	}
}
