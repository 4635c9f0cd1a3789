package domxml

import "libvirt.org/go/libvirtxml"

// agent attaches the channel of the QEMU guest agent. It is always there: a guest without an agent is not bothered by it, and one that
// installs it later needs no restart. libvirt chooses the socket's path.
func agent(_ *VM, domain *libvirtxml.Domain) error {
	domain.Devices.Channels = append(domain.Devices.Channels, libvirtxml.DomainChannel{
		Source: &libvirtxml.DomainChardevSource{UNIX: &libvirtxml.DomainChardevSourceUNIX{Mode: "bind"}},
		Target: &libvirtxml.DomainChannelTarget{VirtIO: &libvirtxml.DomainChannelTargetVirtIO{Name: "org.qemu.guest_agent.0"}},
	})
	return nil
}
