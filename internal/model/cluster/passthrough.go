package cluster

import (
	"strings"

	"dewpoint/internal/errs"
)

// WhyKept says why a VM can't be given a PCI device of its node, by the device's row: the class in hex digits, the IOMMU group, and the driver that uses it.
func WhyKept(slot, class, group, driver string) error {
	const bridges = "06"
	switch {
	case strings.HasPrefix(class, bridges):
		return errs.New(errs.Conflict, "device_is_bridge", "device %s is a bridge, which the node needs itself", slot)
	case group == "":
		return errs.New(errs.Conflict, "no_iommu", "device %s can't be given to a VM: the node has no IOMMU. Switch it on in the firmware (VT-d, AMD-Vi), "+
			"add intel_iommu=on to the kernel's command line on Intel hosts, and restart the host", slot)
	case driver != "" && driver != "vfio-pci":
		return errs.New(errs.Conflict, "device_busy", "device %s is used by its node's driver %s; bind it to vfio-pci first", slot, driver)
	}
	return errs.New(errs.NotBuilt, "not_built", "device %s could be given to a VM, but that isn't built yet", slot)
}
