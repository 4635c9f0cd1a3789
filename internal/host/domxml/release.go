package domxml

import (
	"path/filepath"

	"libvirt.org/go/libvirtxml"
)

// Released says what a VM becomes that is given to libvirt: a domain like anybody's.
type Released struct {
	Name    string
	Dir     string // the folder that its files lie in
	Network string // of libvirt's, that its cards are plugged into; "" where Bridge is given
	Bridge  string // of the host's
}

// Release makes the domain of a VM that nothing of ours shall know any more. It has the VM's UUID, hardware and addresses of cards. Our name, mark, sockets and taps are
// not in it, nor media: CD-ROM drives are empty, but for the disk for cloud-init. The paths of vm's drives and seed are those in the new folder already.
func Release(vm VM, host *Host, to Released) (*Domain, error) {
	vm.Dir = to.Dir
	domain, err := Build(&vm, host)
	if err != nil {
		return nil, err
	}
	if err := plainText("name", to.Name); err != nil {
		return nil, err
	}
	domain.Name, domain.Metadata = to.Name, nil
	for i := range domain.Devices.Disks {
		disk := &domain.Devices.Disks[i]
		disk.Alias = nil
		switch {
		case disk.Device != "cdrom":
		case disk.Source != nil && disk.Source.File != nil && filepath.Dir(disk.Source.File.File) == to.Dir:
			disk.Source.File.SecLabel = nil // libvirt lets QEMU at it, as at the disks
		default:
			PutMedium(disk, "")
		}
	}
	for i := range domain.Devices.Interfaces {
		card := &domain.Devices.Interfaces[i]
		card.Target = nil
		if card.Source = (&libvirtxml.DomainInterfaceSource{Network: &libvirtxml.DomainInterfaceSourceNetwork{Network: to.Network}}); to.Bridge != "" {
			MoveCard(card, to.Bridge)
		}
	}
	releaseScreens(domain.Devices)
	releaseSerials(domain.Devices)
	return domain, nil
}

// releaseScreens has libvirt choose ports on the loopback address, as its tools expect.
func releaseScreens(d *libvirtxml.DomainDeviceList) {
	for i := range d.Graphics {
		if vnc := d.Graphics[i].VNC; vnc != nil {
			vnc.Port, vnc.AutoPort, vnc.Listeners = -1, "yes", loopback()
		}
		if spice := d.Graphics[i].Spice; spice != nil {
			spice.Port, spice.AutoPort, spice.Listeners = -1, "yes", loopback()
		}
	}
}

func loopback() []libvirtxml.DomainGraphicListener {
	return []libvirtxml.DomainGraphicListener{{Address: &libvirtxml.DomainGraphicListenerAddress{Address: "127.0.0.1"}}}
}

// releaseSerials makes pseudo-terminals of serial lines, for virsh console.
func releaseSerials(d *libvirtxml.DomainDeviceList) {
	pty := func() *libvirtxml.DomainChardevSource {
		return &libvirtxml.DomainChardevSource{Pty: &libvirtxml.DomainChardevSourcePty{}}
	}
	for i := range d.Serials {
		d.Serials[i].Source, d.Serials[i].Log = pty(), nil
	}
	for i := range d.Consoles {
		d.Consoles[i].Source = pty()
	}
}
