package compute

import (
	"dewpoint/internal/errs"
	"dewpoint/internal/model/cluster"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// deviceTable names the table that has the devices of a type.
func deviceTable(kind string) string {
	switch kind {
	case "gpu":
		return "node_host_gpu_devices"
	case "nvidia_vgpu":
		return "node_nvidia_vgpu_devices"
	}
	return kind
}

// fitsGroup refuses a resource group that a device can't come from: one of other devices, and one that is off.
func fitsGroup(tx *store.Tx, device *schema.Record) error {
	key, kind := compute.MachineDeviceCol.ResourceGroup.Of(device), compute.MachineDeviceCol.Type.Of(device).Text()
	if key.IsNull() {
		return nil
	}
	if kind == compute.DeviceTPM {
		return errs.Field("resource_group", "is for devices of the host; a TPM comes from none")
	}
	group, err := store.GetRow[cluster.ResourceGroup](tx, key)
	switch {
	case err != nil:
		return err
	case group.Type != deviceTable(kind):
		return errs.Field("resource_group", "is made of %s, not of %s", group.Type, deviceTable(kind))
	case !group.Enabled:
		return errs.New(errs.Conflict, "group_disabled", "resource group %q is disabled; enable it first", group.Name).On("resource_group")
	}
	return nil
}
