package domxml

import "libvirt.org/go/libvirtxml"

// watchdog attaches the card that resets a guest which doesn't answer it any more.
func watchdog(vm *VM, domain *libvirtxml.Domain) error {
	switch vm.Row.Watchdog {
	case "", "none":
		return nil
	case "i6300esb":
		domain.Devices.Watchdogs = []libvirtxml.DomainWatchdog{{Model: vm.Row.Watchdog, Action: "reset"}}
		return nil
	}
	return invalid("watchdog", "%q is not a watchdog: use i6300esb or none", vm.Row.Watchdog)
}
