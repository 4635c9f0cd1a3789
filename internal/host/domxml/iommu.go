package domxml

import "libvirt.org/go/libvirtxml"

// iommu gives the guest an IOMMU, which remaps interrupts too: that takes an I/O APIC outside of the kernel.
func iommu(vm *VM, domain *libvirtxml.Domain) error {
	if !vm.Row.Iommu {
		return nil
	}
	if !isQ35(domain.OS.Type.Machine) {
		return invalid("iommu", "an IOMMU needs a machine type of the q35 family, not %q", domain.OS.Type.Machine)
	}
	domain.Features.IOAPIC = &libvirtxml.DomainFeatureIOAPIC{Driver: "qemu"}
	domain.Devices.IOMMU = &libvirtxml.DomainIOMMU{Model: "intel", Driver: &libvirtxml.DomainIOMMUDriver{IntRemap: "on", CachingMode: "on"}}
	return nil
}
