package compute

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// The kinds of devices that can be had.
const (
	DeviceTPM = "tpm"
)

// noPassthrough is why a VM can have no device of its host.
const noPassthrough = "devices of the host can't be given to VMs yet; use tpm. What the host has is listed in node_pci_devices and node_usb_devices"

// machineDevices declares what VMs have beside drives and NICs.
func machineDevices() *schema.Table {
	return &schema.Table{
		Name: "machine_devices", Title: "Device", LogType: "vm", Parent: "machine", Queue: "machine", Wakes: []string{"vm"},
		Doc: "Devices of a VM that aren't drives or network cards, such as a TPM.",
		Fields: schema.Fields{
			schema.Row("machine", "machines").Required().CreateOnly().Summary(),
			schema.Enum("machine_type", "vm", "container", "vmware_container", "service_container", "metal", "vdi", "node", "tenant", "vnet").Via("machine#type"),
			schema.String("name").Len(1, 128).Match(column.Printable, column.NotPrintable).Summary().Doc("device_N if not given"),
			schema.LongText("description").Len(0, 2048).Section("Other"),
			schema.Enum("type", "gpu", "nvidia_vgpu", DeviceTPM, "node_usb_devices", "node_sriov_nic_devices", "node_pci_devices", "node_host_gpu_devices", "node_nvidia_vgpu_devices").
				Labels("gpu", "GPU", "nvidia_vgpu", "vGPU", DeviceTPM, "TPM").Required().CreateOnly().Example(DeviceTPM).AtStart().Summary().Doc("of the others each is refused, with what stands in the way: no such device, no IOMMU, a driver of the host that uses it"),
			schema.Uint32("orderid").Range(0, 64).Summary().Doc("the next free number if not given").AtStart().Label("Order"),
			schema.String("uuid").CreateOnly().Unique().Match(column.UUID, "a UUID").Doc("made if not given").Section("Other"),
			schema.Enabled("enabled").AtStart().Summary(),
			schema.Bool("optional").Section("Other").Doc("the VM starts without it where the host can't give it"),
			schema.TextRow("resource_group", "resource_groups").CreateOnly().Doc("for types of devices of the host, which are all refused yet, with the reason"),
			schema.Row("status", "machine_device_status").Twin("parent_device"),
			schema.Row("settings", "machine_device_settings_tpm").Twin("machine_device").Doc("of a TPM"),
			schema.JSON("settings_args").Argument().CreateOnly().Doc("an object with columns of the device's settings, such as model and version of a TPM; nothing stays here"),
			schema.Uint32("count").Default(1).Range(1, 16).OnlyYet(noPassthrough),
			schema.String("asset").Len(0, 40).Match(column.Printable, column.NotPrintable).Section("Other"),
			schema.Created("created"),
			schema.Modified("modified"),
		},
	}
}
