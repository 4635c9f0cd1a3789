package compute

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/cluster"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
)

// refusePassthrough says why a VM can't be given a device of its host: no request of this kind is taken yet, and each is told what stands in its way first.
func refusePassthrough(w *engine.Inside, r *schema.Record) error {
	of := compute.MachineDeviceCol
	kind := deviceTable(of.Type.Of(r).Text())
	if kind == "node_nvidia_vgpu_devices" {
		return errs.New(errs.NotBuilt, "not_built", "vGPUs take NVIDIA's licensed host driver, which Dewpoint doesn't manage").On("type")
	}
	devices, err := w.Tx.Find(kind)
	if err != nil {
		return err
	}
	if len(devices) == 0 {
		return errs.New(errs.Conflict, "no_device", "no node has such a device; %s lists those that there are", kind).On("type")
	}
	var why error
	for _, d := range devices { // the nearest to being given away
		if kind == "node_usb_devices" {
			return errs.New(errs.NotBuilt, "not_built", "USB devices of the host can't be given to VMs yet").On("type")
		}
		col := cluster.NodePciDeviceCol // all tables of PCI devices name these alike
		kept := cluster.WhyKept(d.Get(col.Slot.Name()).Text(), classOf(d), d.Get(col.IommuGroup.Name()).Text(), d.Get(col.Driver.Name()).Text())
		if why == nil || rank(kept) > rank(why) {
			why = kept
		}
	}
	return errs.As(why).On("type")
}

// classOf is a device's class; tables of devices of one class don't tell it.
func classOf(d *schema.Record) string {
	class := cluster.NodePciDeviceCol.ClassHex.Name()
	if d.Table.Field(class) == nil {
		return ""
	}
	return d.Get(class).Text()
}

// rank tells how near a device is to being given away.
func rank(why error) int {
	return map[string]int{"device_is_bridge": 0, "no_iommu": 1, "device_busy": 2}[errs.As(why).Code] + 3*count(errs.Is(why, errs.NotBuilt))
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}
