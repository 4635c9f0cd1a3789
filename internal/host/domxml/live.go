package domxml

import "libvirt.org/go/libvirtxml"

// A domain that runs, as libvirt describes it, and devices of it.
type (
	Domain = libvirtxml.Domain
	Card   = libvirtxml.DomainInterface
	Disk   = libvirtxml.DomainDisk
)

// CardAt finds the card whose end on the host is tap; nil where there is none.
func CardAt(domain *Domain, tap string) *Card {
	if domain.Devices == nil {
		return nil
	}
	for i := range domain.Devices.Interfaces {
		if card := &domain.Devices.Interfaces[i]; card.Target != nil && card.Target.Dev == tap {
			return card
		}
	}
	return nil
}

// DiskAt finds the disk whose file has that path; nil where there is none.
func DiskAt(domain *Domain, path string) *Disk {
	if domain.Devices == nil {
		return nil
	}
	for i := range domain.Devices.Disks {
		if disk := &domain.Devices.Disks[i]; disk.Source != nil && disk.Source.File != nil && disk.Source.File.File == path {
			return disk
		}
	}
	return nil
}

// MoveCard plugs a card into another bridge.
func MoveCard(card *Card, bridge string) {
	card.Source = &libvirtxml.DomainInterfaceSource{Bridge: &libvirtxml.DomainInterfaceSourceBridge{Bridge: bridge}}
}

// SetLink takes the cable out of a card, or puts it in.
func SetLink(card *Card, up bool) {
	card.Link = &libvirtxml.DomainInterfaceLink{State: "down"}
	if up {
		card.Link.State = "up"
	}
}
