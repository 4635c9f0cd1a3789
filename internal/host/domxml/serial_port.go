package domxml

import "libvirt.org/go/libvirtxml"

// serialPort attaches a second serial port, for whatever the guest wants to talk to beside its console. libvirt chooses the host's end (virsh ttyconsole
// doesn't tell it; the domain's XML does).
func serialPort(vm *VM, domain *libvirtxml.Domain) error {
	if !vm.Row.SerialPort {
		return nil
	}
	port := uint(1)
	domain.Devices.Serials = append(domain.Devices.Serials, libvirtxml.DomainSerial{
		Source: &libvirtxml.DomainChardevSource{Pty: &libvirtxml.DomainChardevSourcePty{}},
		Target: &libvirtxml.DomainSerialTarget{Type: "isa-serial", Port: &port},
	})
	return nil
}
