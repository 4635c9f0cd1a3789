package domxml

import "libvirt.org/go/libvirtxml"

// balloon attaches the memory balloon; through it the guest tells how much of its memory it uses.
func balloon(_ *VM, domain *libvirtxml.Domain) error {
	const secondsPerReport = 10
	domain.Devices.MemBalloon = &libvirtxml.DomainMemBalloon{
		Model: "virtio", Stats: &libvirtxml.DomainMemBalloonStats{Period: secondsPerReport},
	}
	return nil
}
