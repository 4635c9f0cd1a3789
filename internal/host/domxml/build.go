package domxml

import (
	"libvirt.org/go/libvirtxml"

	"dewpoint/internal/errs"
)

// Build makes the domain of vm on host. It fails with errs.Invalid when a value can't be had on this host; the error names its field.
func Build(vm *VM, host *Host) (*libvirtxml.Domain, error) {
	machine, err := MachineType(vm.Row.MachineType, host.MachineTypes)
	if err != nil {
		return nil, err
	}
	domain := &libvirtxml.Domain{
		OS:       &libvirtxml.DomainOS{Type: &libvirtxml.DomainOSType{Arch: "x86_64", Machine: machine, Type: "hvm"}},
		Features: &libvirtxml.DomainFeatureList{ACPI: &libvirtxml.DomainFeature{}, APIC: &libvirtxml.DomainFeatureAPIC{}},
		Devices:  &libvirtxml.DomainDeviceList{Emulator: host.Emulator},
	}
	parts := []func(*VM, *libvirtxml.Domain) error{
		identity, size, host.cpu, host.firmware, clock, power, drives(machine), nics,
		bootOrder, seed, serial, console, video, sound(machine), input, agent, balloon, rng,
		driveOptions, serialPort, iommu, host.tpm, room(machine), advanced,
	}
	for _, part := range parts {
		if err := part(vm, domain); err != nil {
			return nil, err
		}
	}
	return domain, nil
}

func invalid(field, format string, args ...any) error {
	return errs.New(errs.Invalid, "invalid_"+field, format, args...).On(field)
}
