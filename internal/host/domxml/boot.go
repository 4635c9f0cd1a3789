package domxml

import (
	"strconv"

	"libvirt.org/go/libvirtxml"
)

// bootOrder numbers the devices in the order that the letters give: c is all disks, d all CD-ROMs, n all NICs. It runs after they are attached.
func bootOrder(vm *VM, domain *libvirtxml.Domain) error {
	letters := vm.Row.BootOrder
	if letters == "" || letters == "strict" {
		letters = "cd"
	}
	next := uint(1)
	number := func(boot **libvirtxml.DomainDeviceBoot) {
		*boot = &libvirtxml.DomainDeviceBoot{Order: next}
		next++
	}
	seen := map[rune]bool{}
	for _, letter := range letters {
		if seen[letter] {
			return invalid("boot_order", "boot order %q names %c twice", vm.Row.BootOrder, letter)
		}
		seen[letter] = true
		switch letter {
		case 'c', 'd':
			for i := range domain.Devices.Disks {
				if disk := &domain.Devices.Disks[i]; (disk.Device == "disk") == (letter == 'c') {
					number(&disk.Boot)
				}
			}
		case 'n':
			for i := range domain.Devices.Interfaces {
				number(&domain.Devices.Interfaces[i].Boot)
			}
		default:
			return invalid("boot_order", "boot order %q may only hold c, d and n", vm.Row.BootOrder)
		}
	}
	return bootDelay(vm, domain)
}

// bootDelay lets the firmware wait for a key that opens its boot menu.
func bootDelay(vm *VM, domain *libvirtxml.Domain) error {
	const most = 60
	if vm.Row.BootDelay < 0 || vm.Row.BootDelay > most {
		return invalid("boot_delay", "a boot delay of %d seconds is not between 0 and %d", vm.Row.BootDelay, most)
	}
	if vm.Row.BootDelay > 0 {
		domain.OS.BootMenu = &libvirtxml.DomainBootMenu{Enable: "yes", Timeout: strconv.FormatInt(vm.Row.BootDelay*1000, 10)}
	}
	return nil
}
