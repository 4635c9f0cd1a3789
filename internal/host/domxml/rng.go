package domxml

import "libvirt.org/go/libvirtxml"

// rng gives the guest the host's randomness: without it early boot may wait for entropy, above all under emulation.
func rng(_ *VM, domain *libvirtxml.Domain) error {
	backend := &libvirtxml.DomainRNGBackend{Random: &libvirtxml.DomainRNGBackendRandom{Device: "/dev/urandom"}}
	domain.Devices.RNGs = []libvirtxml.DomainRNG{{Model: "virtio", Backend: backend}}
	return nil
}
