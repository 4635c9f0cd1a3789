package domxml

import (
	"libvirt.org/go/libvirtxml"

	"dewpoint/internal/model/compute"
)

// maxCPUs is what QEMU's PCs can have without an IOMMU that remaps interrupts: an APIC's number has eight bits, and one is for all. maxRAMMiB is the
// contract's bound; QEMU's own may be lower and then speak at the start.
const (
	maxCPUs   = 255
	maxRAMMiB = 1 << 20
)

// size sets memory and CPU count. All CPUs are cores of one socket: some guests count sockets against their licence.
func size(vm *VM, domain *libvirtxml.Domain) error {
	if vm.Row.CPUCores < 1 || vm.Row.CPUCores > maxCPUs {
		return invalid("cpu_cores", "%d CPU cores are not between 1 and %d", vm.Row.CPUCores, maxCPUs)
	}
	if vm.Row.RAM < 1 || vm.Row.RAM > maxRAMMiB {
		return invalid("ram", "%d MiB of memory are not between 1 and %d", vm.Row.RAM, maxRAMMiB)
	}
	domain.Memory = &libvirtxml.DomainMemory{Value: uint(vm.Row.RAM), Unit: "MiB"}
	domain.VCPU = &libvirtxml.DomainVCPU{Placement: "static", Value: roomForCPUs(&vm.Row)}
	if vm.Row.AllowHotplug {
		domain.VCPU.Current = uint(vm.Row.CPUCores)
	}
	return nil
}

// roomForCPUs is how many CPUs the guest can have before it has to start anew. Room costs the guest some memory for each CPU that could come.
func roomForCPUs(vm *compute.VM) uint {
	const factor, least = 2, 4
	if !vm.AllowHotplug {
		return uint(vm.CPUCores)
	}
	return uint(min(max(factor*vm.CPUCores, least), maxCPUs))
}
