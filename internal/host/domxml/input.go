package domxml

import "libvirt.org/go/libvirtxml"

// input attaches the USB controller and, when wished, the tablet: an absolute pointer, so that a console's cursor needs no capture.
func input(vm *VM, domain *libvirtxml.Domain) error {
	domain.Devices.Controllers = append(domain.Devices.Controllers, usbControllers(vm.Row.USBLegacy)...)
	if vm.Row.USBTablet {
		domain.Devices.Inputs = append(domain.Devices.Inputs, libvirtxml.DomainInput{Type: "tablet", Bus: "usb"})
	}
	return nil
}

// usbControllers are one for USB 3, or those of an Intel chipset for USB 2, with their companions for slower devices such as the tablet.
func usbControllers(legacy bool) (all []libvirtxml.DomainController) {
	index := uint(0)
	if !legacy {
		return []libvirtxml.DomainController{{Type: "usb", Index: &index, Model: "qemu-xhci"}}
	}
	all = append(all, libvirtxml.DomainController{Type: "usb", Index: &index, Model: "ich9-ehci1"})
	for i, model := range []string{"ich9-uhci1", "ich9-uhci2", "ich9-uhci3"} {
		companion := &libvirtxml.DomainControllerUSB{Master: &libvirtxml.DomainControllerUSBMaster{StartPort: uint(2 * i)}}
		all = append(all, libvirtxml.DomainController{Type: "usb", Index: &index, Model: model, USB: companion})
	}
	return all
}
