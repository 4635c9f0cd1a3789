package domxml

import (
	"net"
	"slices"

	"libvirt.org/go/libvirtxml"
)

// nicModels are the contract's NIC interfaces that are cards of QEMU. Which of them a QEMU has, it says itself at the start.
var nicModels = []string{"virtio", "e1000", "e1000e", "rtl8139", "pcnet", "igb", "vmxnet3"}

// nics attaches the network cards to their bridges.
func nics(vm *VM, domain *libvirtxml.Domain) error {
	for i := range vm.NICs {
		nic := &vm.NICs[i]
		model := nic.Row.Interface
		if model == "" {
			model = nicModels[0]
		}
		if !slices.Contains(nicModels, model) {
			return invalid("interface", "NICs with the interface %q can't be had; use virtio or e1000", nic.Row.Interface)
		}
		mac, err := net.ParseMAC(nic.Row.Macaddress)
		if err != nil || len(mac) != 6 || mac[0]&1 != 0 {
			return invalid("macaddress", "%q is not the MAC address of a network card", nic.Row.Macaddress)
		}
		domain.Devices.Interfaces = append(domain.Devices.Interfaces, libvirtxml.DomainInterface{
			MAC:    &libvirtxml.DomainInterfaceMAC{Address: mac.String()},
			Source: &libvirtxml.DomainInterfaceSource{Bridge: &libvirtxml.DomainInterfaceSourceBridge{Bridge: nic.Bridge}},
			Target: &libvirtxml.DomainInterfaceTarget{Dev: nic.Tap},
			Model:  &libvirtxml.DomainInterfaceModel{Type: model},
		})
	}
	return nil
}
