package domxml

import (
	"libvirt.org/go/libvirtxml"

	"dewpoint/internal/model/compute"
)

// hotController is the model of SCSI controllers that take disks while the guest runs.
const hotController = "virtio-scsi"

// scsiTargets is how many disks such a controller has places for.
const scsiTargets = 255

// PlugDisk makes the disk element for a domain that runs: with a name and a place that are free there. Invalid for a drive that can't be plugged in.
func PlugDisk(domain *libvirtxml.Domain, drive *Drive) (*libvirtxml.DomainDisk, error) {
	if !compute.HotDrive(drive.Row) {
		return nil, invalid("interface", "drive %d can't be plugged into a running VM: %s", drive.Row.Key, compute.ColdDrive)
	}
	b, err := busFor(drive.Row.Interface, domain.OS.Type.Machine)
	if err != nil {
		return nil, err
	}
	disk, err := newDisk(drive, b)
	if err != nil {
		return nil, err
	}
	names := &slots{names: map[string]int{}}
	for disk.Target.Dev = names.name(b.prefix); takenName(domain, disk.Target.Dev); {
		disk.Target.Dev = names.name(b.prefix)
	}
	if b.target == "scsi" {
		disk.Address = freeTarget(domain, b.alone)
	}
	one := &libvirtxml.Domain{Devices: &libvirtxml.DomainDeviceList{Disks: []libvirtxml.DomainDisk{*disk}}}
	if err := driveOptions(&VM{Drives: []Drive{*drive}}, one); err != nil {
		return nil, err
	}
	return &one.Devices.Disks[0], nil
}

func takenName(domain *libvirtxml.Domain, dev string) bool {
	for _, d := range domain.Devices.Disks {
		if d.Target != nil && d.Target.Dev == dev {
			return true
		}
	}
	return false
}

// freeTarget is a place on the first controller that has one, or on a new one, which libvirt then makes like the others.
func freeTarget(domain *libvirtxml.Domain, alone bool) *libvirtxml.DomainAddress {
	used := map[[2]uint]bool{}
	for _, d := range domain.Devices.Disks {
		if d.Target != nil && d.Target.Bus == "scsi" && d.Address != nil && d.Address.Drive != nil {
			used[[2]uint{*d.Address.Drive.Controller, *d.Address.Drive.Target}] = true
		}
	}
	zero, next := uint(0), uint(0)
	at := func(controller, target uint) *libvirtxml.DomainAddress {
		return &libvirtxml.DomainAddress{Drive: &libvirtxml.DomainAddressDrive{Controller: &controller, Bus: &zero, Target: &target, Unit: &zero}}
	}
	for _, c := range domain.Devices.Controllers {
		if c.Type != "scsi" {
			continue
		}
		next = max(next, *c.Index+1)
		for target := uint(0); c.Model == hotController && !alone && target < scsiTargets; target++ {
			if !used[[2]uint{*c.Index, target}] {
				return at(*c.Index, target)
			}
		}
	}
	return at(next, 0)
}

// PlugCard makes the element of a network card for a domain that runs.
func PlugCard(vm *VM, nic *NIC) (*libvirtxml.DomainInterface, error) {
	card, err := newCard(vm, nic)
	if err != nil {
		return nil, err
	}
	card.Link = &libvirtxml.DomainInterfaceLink{State: "up"}
	if !nic.Row.Enabled {
		card.Link.State = "down"
	}
	return card, nil
}
