package domxml

import (
	"libvirt.org/go/libvirtxml"

	"dewpoint/internal/model/compute"
)

// tpm attaches the TPM, which libvirt has swtpm emulate. What it keeps lies in a folder of libvirt's that is named after the domain's UUID, stays while the
// VM is off, and goes with the definition of a VM that is deleted.
func (host *Host) tpm(vm *VM, domain *libvirtxml.Domain) error {
	for i := range vm.Devices {
		device := &vm.Devices[i]
		if device.Row.Type != compute.DeviceTPM {
			return invalid("type", "device %d has the type %q, which no VM can have yet", device.Row.Key, device.Row.Type)
		}
		if len(domain.Devices.TPMs) > 0 {
			return invalid("type", "device %d is a second TPM; a VM can have one", device.Row.Key)
		}
		if !host.TPM {
			return invalid("type", "device %d: this node can't emulate a TPM; install the packages swtpm and swtpm-tools on it", device.Row.Key)
		}
		model, version := device.TPM.Model, device.TPM.Version
		if model == "" {
			model = "tpm-crb"
		}
		if version == "" {
			version = "2.0"
		}
		domain.Devices.TPMs = append(domain.Devices.TPMs, libvirtxml.DomainTPM{
			Model: model, Backend: &libvirtxml.DomainTPMBackend{Emulator: &libvirtxml.DomainTPMBackendEmulator{Version: version, PersistentState: "yes"}},
		})
	}
	return nil
}
