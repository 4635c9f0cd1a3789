package domxml

import "libvirt.org/go/libvirtxml"

// sparePorts is how many devices on PCI Express can be plugged into a running guest. An empty port costs the guest nothing.
const sparePorts = 8

// room leaves places for what is plugged in later: ports of PCI Express, of which libvirt makes just one more than the devices need, and a SCSI
// controller, without which the first SCSI disk would take a port. It runs after all devices are attached.
func room(machine string) func(*VM, *libvirtxml.Domain) error {
	return func(vm *VM, domain *libvirtxml.Domain) error {
		if !vm.Row.AllowHotplug {
			return nil
		}
		scsi, index := false, uint(0)
		for _, c := range domain.Devices.Controllers {
			if c.Type == "scsi" {
				scsi = scsi || c.Model == hotController
				index = max(index, *c.Index+1)
			}
		}
		if !scsi {
			domain.Devices.Controllers = append(domain.Devices.Controllers, libvirtxml.DomainController{Type: "scsi", Index: &index, Model: hotController})
		}
		if !isQ35(machine) {
			return nil // its bus has slots to spare
		}
		for i := range onPorts(domain.Devices) + sparePorts {
			index := uint(i + 1) // 0 is the root
			domain.Devices.Controllers = append(domain.Devices.Controllers, libvirtxml.DomainController{Type: "pci", Index: &index, Model: "pcie-root-port"})
		}
		return nil
	}
}

// onPorts counts the devices that libvirt gives a port each.
func onPorts(d *libvirtxml.DomainDeviceList) (n int) {
	for _, c := range d.Controllers {
		if c.Type == "scsi" || c.Type == "usb" {
			n++
		}
	}
	for _, disk := range d.Disks {
		if disk.Target.Bus == "virtio" {
			n++
		}
	}
	n += len(d.Interfaces) + len(d.RNGs)
	if len(d.Channels) > 0 {
		n++ // their controller
	}
	if d.MemBalloon != nil && d.MemBalloon.Model != "none" {
		n++
	}
	return n
}
