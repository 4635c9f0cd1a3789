package domxml

import (
	"regexp"

	"libvirt.org/go/libvirtxml"
)

// baseline is the CPU of an emulated guest that wishes for none, and under KVM where the host's own can't be had: the oldest one with the instructions of x86-64-v2, which today's
// distributions ask for, and all QEMU hosts emulate it alike.
const baseline = "Nehalem"

// cpuModel is the form of QEMU's CPU model names.
var cpuModel = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)

// cpu sets the CPU model: the host's own under KVM, a baseline under emulation, or the named one. Named models are not checked against
// the host's CPU by libvirt (check none): QEMU leaves out what it can't do, as it does for VMs started by hand.
func (host *Host) cpu(vm *VM, domain *libvirtxml.Domain) error {
	c := &libvirtxml.DomainCPU{Topology: &libvirtxml.DomainCPUTopology{Sockets: 1, Cores: int(roomForCPUs(&vm.Row)), Threads: 1}}
	kvm := vm.Accelerator == "kvm"
	switch {
	case kvm && !host.NoHostCPU && (vm.Row.CPUType == "" || vm.Row.CPUType == "host"):
		c.Mode, c.Check = "host-passthrough", "none"
		for _, feature := range host.CPUFlaws {
			disable(c, feature)
		}
		if !vm.Row.NestedVirtualization {
			disable(c, "vmx") // Intel's and AMD's; to take away what the CPU has not is harmless
			disable(c, "svm")
		}
	case vm.Row.CPUType == "host" && !kvm:
		c.Mode = "maximum" // everything that the emulator can do
	case vm.Row.CPUType == "" || vm.Row.CPUType == "host":
		c.Mode, c.Check = "custom", "none"
		c.Model = &libvirtxml.DomainCPUModel{Fallback: "forbid", Value: baseline}
	case cpuModel.MatchString(vm.Row.CPUType):
		c.Mode, c.Check = "custom", "none"
		c.Model = &libvirtxml.DomainCPUModel{Fallback: "forbid", Value: vm.Row.CPUType}
	default:
		return invalid("cpu_type", "%q is not a CPU type", vm.Row.CPUType)
	}
	if vm.Row.DisableHypervisor {
		disable(c, "hypervisor")
		if kvm {
			domain.Features.KVM = &libvirtxml.DomainFeatureKVM{Hidden: &libvirtxml.DomainFeatureState{State: "on"}}
		}
	}
	domain.CPU = c
	return nil
}

func disable(c *libvirtxml.DomainCPU, feature string) {
	c.Features = append(c.Features, libvirtxml.DomainCPUFeature{Policy: "disable", Name: feature})
}
