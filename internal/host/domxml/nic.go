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
		card, err := newCard(vm, &vm.NICs[i])
		if err != nil {
			return err
		}
		domain.Devices.Interfaces = append(domain.Devices.Interfaces, *card)
	}
	return nil
}

func newCard(vm *VM, nic *NIC) (*libvirtxml.DomainInterface, error) {
	model := nic.Row.Interface
	if model == "" {
		model = nicModels[0]
	}
	if !slices.Contains(nicModels, model) {
		return nil, invalid("interface", "NICs with the interface %q can't be had; use virtio or e1000", nic.Row.Interface)
	}
	mac, err := net.ParseMAC(nic.Row.Macaddress)
	if err != nil || len(mac) != 6 || mac[0]&1 != 0 {
		return nil, invalid("macaddress", "%q is not the MAC address of a network card", nic.Row.Macaddress)
	}
	return &libvirtxml.DomainInterface{
		Driver: queues(vm, nic),
		MAC:    &libvirtxml.DomainInterfaceMAC{Address: mac.String()},
		Source: &libvirtxml.DomainInterfaceSource{Bridge: &libvirtxml.DomainInterfaceSourceBridge{Bridge: nic.Bridge}},
		Target: &libvirtxml.DomainInterfaceTarget{Dev: nic.Tap},
		Model:  &libvirtxml.DomainInterfaceModel{Type: model},
	}, nil
}

// queues gives a virtio card a queue for each CPU core, so that none waits for another one's packets.
func queues(vm *VM, nic *NIC) *libvirtxml.DomainInterfaceDriver {
	const most = 8
	n := min(uint(vm.Row.CPUCores), most)
	if nic.Row.DisableMq || n < 2 || nic.Row.Interface != "virtio" && nic.Row.Interface != "" {
		return nil
	}
	return &libvirtxml.DomainInterfaceDriver{Queues: n}
}
