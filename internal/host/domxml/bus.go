package domxml

import "libvirt.org/go/libvirtxml"

// bus is how a drive interface of the contract is attached.
type bus struct {
	target     string // libvirt's name of the bus
	prefix     string // of the device name; libvirt wants them unique per domain
	controller string // model of a SCSI controller of its own, or empty
	perTarget  bool   // the controller tells drives apart by target, not by unit
	slots      int    // drives that one controller takes; 0 means that drives need no controller
	alone      bool   // one controller for each drive
}

// busFor returns the bus of an interface on a machine type. The q35 family has no IDE: there, ide is SATA.
func busFor(iface, machine string) (bus, error) {
	sata := bus{target: "sata", prefix: "sd", slots: 6}
	switch iface {
	case "", "virtio-scsi":
		return bus{target: "scsi", prefix: "sd", controller: "virtio-scsi", perTarget: true, slots: 255}, nil
	case "virtio-scsi-dedicated":
		return bus{target: "scsi", prefix: "sd", controller: "virtio-scsi", perTarget: true, slots: 1, alone: true}, nil
	case "virtio":
		return bus{target: "virtio", prefix: "vd"}, nil
	case "ahci":
		return sata, nil
	case "ide":
		if isQ35(machine) {
			return sata, nil
		}
		return bus{target: "ide", prefix: "hd"}, nil
	case "usb":
		return bus{target: "usb", prefix: "sd"}, nil
	case "lsi53c895a":
		return bus{target: "scsi", prefix: "sd", controller: "lsilogic", slots: 7}, nil
	case "megasas":
		return bus{target: "scsi", prefix: "sd", controller: "lsisas1078", perTarget: true, slots: 64}, nil
	case "mptsas1068":
		return bus{target: "scsi", prefix: "sd", controller: "lsisas1068", perTarget: true, slots: 8}, nil
	}
	return bus{}, invalid("interface", "drives with the interface %q can't be had on this node; use virtio-scsi, virtio, ahci, ide or usb", iface)
}

// slots hands out the places on controllers while a domain's drives are laid out.
type slots struct {
	controllers map[string]uint // next free index per controller type
	open        map[bus]*place  // the controller that takes the next drive of a bus
	names       map[string]int  // device names given so far, per prefix
}

type place struct {
	controller uint
	used       int
}

// take gives the next drive of b its address, and a controller to add when a new one begins.
func (s *slots) take(b bus) (*libvirtxml.DomainAddress, *libvirtxml.DomainController) {
	if b.slots == 0 {
		return nil, nil
	}
	p := s.open[b]
	var fresh *libvirtxml.DomainController
	if p == nil || b.alone || p.used == b.slots {
		p = &place{controller: s.controllers[b.target]}
		s.controllers[b.target]++
		s.open[b] = p
		fresh = &libvirtxml.DomainController{Type: b.target, Index: &p.controller, Model: b.controller}
	}
	zero, number := uint(0), uint(p.used)
	p.used++
	drive := &libvirtxml.DomainAddressDrive{Controller: &p.controller, Bus: &zero, Target: &zero, Unit: &number}
	if b.perTarget {
		drive.Target, drive.Unit = &number, &zero
	}
	return &libvirtxml.DomainAddress{Drive: drive}, fresh
}

// name returns the next device name with a prefix: sda to sdz, then sdaa.
func (s *slots) name(prefix string) string {
	n := s.names[prefix]
	s.names[prefix]++
	letters := ""
	for n++; n > 0; n /= 26 {
		n--
		letters = string(rune('a'+n%26)) + letters
	}
	return prefix + letters
}
