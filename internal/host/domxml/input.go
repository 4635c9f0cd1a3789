package domxml

import "libvirt.org/go/libvirtxml"

// input attaches the USB controller and, when wished, the tablet: an absolute pointer, so that a console's cursor needs no capture.
func input(vm *VM, domain *libvirtxml.Domain) error {
	index := uint(0)
	usb := libvirtxml.DomainController{Type: "usb", Index: &index, Model: "qemu-xhci"}
	domain.Devices.Controllers = append(domain.Devices.Controllers, usb)
	if vm.Row.USBTablet {
		domain.Devices.Inputs = append(domain.Devices.Inputs, libvirtxml.DomainInput{Type: "tablet", Bus: "usb"})
	}
	return nil
}
