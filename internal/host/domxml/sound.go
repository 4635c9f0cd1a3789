package domxml

import "libvirt.org/go/libvirtxml"

// sound attaches the sound card. Cards of the contract that libvirt doesn't know (adlib, gus, cs4231a) are refused, and so is pcspk, for which libvirt 9 uses
// an option that QEMU has dropped (-soundhw).
func sound(machine string) func(*VM, *libvirtxml.Domain) error {
	return func(vm *VM, domain *libvirtxml.Domain) error {
		model := vm.Row.Sound
		switch model {
		case "", "none":
			return nil
		case "hda":
			model = "ich6"
			if isQ35(machine) {
				model = "ich9"
			}
		case "sb16", "es1370", "ac97":
		default:
			return invalid("sound", "the sound card %q can't be had on this node; use hda, ac97, es1370, sb16 or none", vm.Row.Sound)
		}
		domain.Devices.Sounds = []libvirtxml.DomainSound{{Model: model}}
		return nil
	}
}
