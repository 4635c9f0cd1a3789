package libvirt

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// openKVM gives the device of KVM the group and mode that udev gives it, on hosts that have no udev. libvirt probes QEMU with root's
// rights and finds KVM; with the device closed to QEMU's own user it then takes what it learned for out of date and probes again at every
// look-up, so that defining one domain takes over a minute. Left alone: a device that somebody opened up already, and hosts with udev.
func openKVM(device string) error {
	info, err := os.Stat(device)
	if err != nil {
		return nil // no KVM here
	}
	if _, err := os.Stat("/run/udev/control"); err == nil {
		return nil
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !ok || owner.Gid != 0 || info.Mode().Perm() != 0o600 {
		return nil
	}
	group, err := user.LookupGroup("kvm")
	if err != nil {
		return nil // QEMU isn't installed by Debian's package: its user is somebody else's matter
	}
	gid, err := strconv.Atoi(group.Gid)
	if err != nil {
		return fmt.Errorf("the group kvm has the number %q", group.Gid)
	}
	if err := os.Chown(device, 0, gid); err != nil {
		return fmt.Errorf("opening %s to QEMU: %w", device, err)
	}
	if err := os.Chmod(device, 0o660); err != nil {
		return fmt.Errorf("opening %s to QEMU: %w", device, err)
	}
	return nil
}
