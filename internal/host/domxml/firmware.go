package domxml

import (
	"path/filepath"

	"libvirt.org/go/libvirtxml"
)

// firmware chooses SeaBIOS (libvirt's default) or UEFI. The variables are a copy of the template that libvirt makes at the first start;
// they are the machine's own, because firmware remembers boot entries in them.
func (host *Host) firmware(vm *VM, domain *libvirtxml.Domain) error {
	if !vm.Row.UEFI {
		if vm.Row.SecureBoot {
			return invalid("secure_boot", "Secure Boot needs UEFI firmware: set uefi as well")
		}
		return nil
	}
	loader := &libvirtxml.DomainLoader{Path: host.Firmware.Code, Readonly: "yes", Type: "pflash"}
	template := host.Firmware.Vars
	if vm.Row.SecureBoot {
		if !isQ35(domain.OS.Type.Machine) {
			return invalid("secure_boot", "Secure Boot needs a machine type of the q35 family, not %q", domain.OS.Type.Machine)
		}
		loader.Path, loader.Secure = host.Firmware.SecureCode, "yes"
		template = host.Firmware.SecureVars
		domain.Features.SMM = &libvirtxml.DomainFeatureSMM{State: "on"} // guards the variables against the guest's kernel
	}
	domain.OS.Loader = loader
	domain.OS.NVRam = &libvirtxml.DomainNVRam{Template: template, NVRam: filepath.Join(vm.Dir, nvramFile)}
	return nil
}
