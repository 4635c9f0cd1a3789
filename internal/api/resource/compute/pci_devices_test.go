package compute_test

import (
	"net/http"
	"testing"

	"dewpoint/internal/model/cluster"
	"dewpoint/internal/store"
	"dewpoint/test/rig/v1"
)

// TestPCIDevices lists what the node controller found, by both names of the path, whole and by kind.
func TestPCIDevices(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	a.Update(func(tx *store.Tx) error {
		node, err := store.Create(tx, cluster.NodeSet{}.Name("alpha"))
		if err != nil {
			return err
		}
		for _, d := range []cluster.NodePciDeviceSet{
			cluster.NodePciDeviceSet{}.Slot("0000:00:00.0").ClassHex("060000").DeviceType("pci").IommuGroup("0"),
			cluster.NodePciDeviceSet{}.Slot("0000:01:00.0").ClassHex("030000").DeviceType("gpu").VendorDeviceHex("10de:1eb8").Vendor("NVIDIA").Device("T4").IommuGroup("17"),
			cluster.NodePciDeviceSet{}.Slot("0000:02:00.0").ClassHex("020000").DeviceType("network").Driver("e1000e"),
		} {
			if _, err := store.Create(tx, d.Node(node.Int())); err != nil {
				return err
			}
		}
		return nil
	})
	for _, path := range []string{"/virtualization/computes/pci-devices", "/virtualization/virtualmachines/pci-devices"} {
		a.Get(path).Want(http.StatusOK).Check(map[string]string{
			"data.count": "3", "data.device_type": "all", "data.devices.0.device_type": "other", "data.devices.0.is_available": "false",
			"data.devices.1.vendor_id": "10de", "data.devices.1.product_id": "1eb8", "data.devices.1.iommu_group": "17", "data.devices.1.is_available": "false",
			"data.devices.2.driver": "e1000e", "data.devices.2.is_available": "false", "data.devices.2.pci_address": "0000:02:00.0",
		})
	}
	a.Get("/virtualization/computes/pci-devices?type=gpu").Want(http.StatusOK).Check(map[string]string{"data.count": "1", "data.devices.0.device_id": "0000:01:00.0"})
	a.Get("/virtualization/computes/pci-devices?type=disk").Want(http.StatusBadRequest)
}

// TestPCIDevicesAreKept: each attempt to give a device away answers with what stands in the way.
func TestPCIDevicesAreKept(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	v1.MakeNetwork(a, "default")
	a.Post("/virtualization/computes", `{"name":"x","memory":256,"vcpus":1,"disk_size":1}`).Want(http.StatusCreated)
	a.Update(func(tx *store.Tx) error {
		for _, d := range []cluster.NodePciDeviceSet{
			cluster.NodePciDeviceSet{}.Slot("0000:00:00.0").ClassHex("060000").IommuGroup("0"),
			cluster.NodePciDeviceSet{}.Slot("0000:01:00.0").ClassHex("030000"),
			cluster.NodePciDeviceSet{}.Slot("0000:02:00.0").ClassHex("020000").IommuGroup("1").Driver("e1000e"),
			cluster.NodePciDeviceSet{}.Slot("0000:03:00.0").ClassHex("020000").IommuGroup("2").Driver("vfio-pci"),
		} {
			if _, err := store.Create(tx, d.Node(1)); err != nil {
				return err
			}
		}
		return nil
	})
	const path = "/virtualization/computes/x/pci-devices"
	for device, want := range map[string]struct {
		status int
		code   string
	}{
		"0000:00:00.0": {http.StatusConflict, "DEVICE_IS_BRIDGE"},
		"01:00.0":      {http.StatusConflict, "NO_IOMMU"},
		"0000:02:00.0": {http.StatusConflict, "DEVICE_BUSY"},
		"0000:03:00.0": {http.StatusNotImplemented, "NOT_IMPLEMENTED"},
		"0000:09:00.0": {http.StatusNotFound, ""},
		"../0000":      {http.StatusBadRequest, "INVALID_PCI_ADDRESS"},
	} {
		r := a.Post(path, `{"device_id":"`+device+`"}`)
		if r.Status != want.status || want.code != "" && r.Text("error.code") != want.code {
			t.Errorf("%s: status %d, want %d %s: %s", device, r.Status, want.status, want.code, r.Body)
		}
	}
	if r := a.Delete(path + "/0000:03:00.0").Want(http.StatusConflict); r.Text("error.code") != "PCI_DEVICE_NOT_ATTACHED" {
		t.Errorf("a device that the VM hasn't: %s", r.Body)
	}
	a.Delete(path + "/disk").Want(http.StatusBadRequest)
	a.Delete("/virtualization/computes/none/pci-devices/0000:03:00.0").Want(http.StatusNotFound)
	a.Post("/virtualization/computes/none/pci-devices", `{"device_id":"01:00.0"}`).Want(http.StatusNotFound)
}
