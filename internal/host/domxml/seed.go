package domxml

import (
	"slices"

	"libvirt.org/go/libvirtxml"
)

// SeedFile is the disk for cloud-init in a machine's folder.
const SeedFile = "seed.iso"

// seedName is the seed's device name: one that no drive's row gets, so that drives keep theirs when a seed comes or goes.
const seedName = "sdzz"

// seed attaches the disk on which cloud-init looks for its settings: a CD-ROM on SATA, which each machine type has or can be given, behind all drives. It
// comes after bootOrder: nothing boots from it.
func seed(vm *VM, domain *libvirtxml.Domain) error {
	if vm.Seed == "" {
		return nil
	}
	disk, err := newDisk(&Drive{Device: "cdrom", Path: vm.Seed, Format: "raw"}, bus{target: "sata"})
	if err != nil {
		return err
	}
	controller, unit, zero := freeSATA(domain), uint(0), uint(0)
	for taken(domain, controller, unit) {
		unit++
	}
	disk.Target.Dev = seedName
	disk.Address = &libvirtxml.DomainAddress{Drive: &libvirtxml.DomainAddressDrive{Controller: &controller, Bus: &zero, Target: &zero, Unit: &unit}}
	if !slices.ContainsFunc(domain.Devices.Controllers, func(c libvirtxml.DomainController) bool { return isSATA(c, controller) }) {
		domain.Devices.Controllers = append(domain.Devices.Controllers, libvirtxml.DomainController{Type: "sata", Index: &controller})
	}
	domain.Devices.Disks = append(domain.Devices.Disks, *disk)
	return nil
}

func isSATA(c libvirtxml.DomainController, index uint) bool {
	return c.Type == "sata" && c.Index != nil && *c.Index == index
}

// freeSATA is the first SATA controller with a free port.
func freeSATA(domain *libvirtxml.Domain) (index uint) {
	const ports = 6
	for {
		used := 0
		for _, d := range domain.Devices.Disks {
			if d.Target.Bus == "sata" && d.Address != nil && d.Address.Drive != nil && *d.Address.Drive.Controller == index {
				used++
			}
		}
		if used < ports {
			return index
		}
		index++
	}
}

// taken reports whether a disk has the port of a SATA controller.
func taken(domain *libvirtxml.Domain, controller, unit uint) bool {
	return slices.ContainsFunc(domain.Devices.Disks, func(d libvirtxml.DomainDisk) bool {
		return d.Target.Bus == "sata" && d.Address != nil && d.Address.Drive != nil && *d.Address.Drive.Controller == controller && *d.Address.Drive.Unit == unit
	})
}
