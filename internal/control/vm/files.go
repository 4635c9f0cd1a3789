package vm

import (
	"fmt"
	"os"
	"path/filepath"

	"dewpoint/internal/host/access"
	"dewpoint/internal/host/domxml"
)

// letQEMU makes the machine's folder and lets QEMU's user at what the machine needs, and at nothing else: it passes the folders on the way
// by its group, and reads media by it. Disks and firmware variables are made its own by libvirt while it runs. Where libvirt does not say
// who its user is, QEMU runs as root.
func letQEMU(dataDir string, vm *domxml.VM, n node) error {
	if err := access.Reach(dataDir, n.uid, n.gid); err != nil {
		return err // its text says more than QEMU's
	}
	if err := os.MkdirAll(filepath.Dir(vm.Dir), 0o710); err != nil {
		return err
	}
	uid, gid := max(n.uid, 0), max(n.gid, 0)
	if err := access.Pass(dataDir, vm.Dir, gid); err != nil {
		return fmt.Errorf("letting QEMU into %s: %w", vm.Dir, err)
	}
	if err := access.Sockets(vm.Dir, domxml.SocketFolder, uid, gid); err != nil {
		return fmt.Errorf("making %s: %w", vm.Dir, err)
	}
	for _, drive := range vm.Drives {
		if drive.Path == "" {
			continue
		}
		if err := access.Pass(dataDir, drive.Path, gid); err != nil {
			return fmt.Errorf("letting QEMU at drive %d: %w", drive.Row.Key, err)
		}
		for _, path := range drive.Layers {
			if err := access.Pass(dataDir, path, gid); err != nil {
				return fmt.Errorf("letting QEMU at what is beneath drive %d: %w", drive.Row.Key, err)
			}
		}
		if drive.Device != "cdrom" {
			continue
		}
		if err := access.Show(drive.Path, gid); err != nil {
			return fmt.Errorf("letting QEMU read drive %d: %w", drive.Row.Key, err)
		}
	}
	return nil
}
