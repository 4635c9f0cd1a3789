package domxml

import (
	"fmt"

	"libvirt.org/go/libvirtxml"
)

// trayName is the alias of a CD-ROM drive, by which it is found in a domain that runs: it may be empty, and two may have the same medium. Disks have
// none of ours: guests make the names below /dev/disk/by-id of it.
func trayName(drive int64) string { return fmt.Sprintf("ua-drive-%d", drive) }

// Tray finds a CD-ROM drive in a domain; nil where there is none, or an older version of the program made the domain.
func Tray(domain *libvirtxml.Domain, drive int64) *libvirtxml.DomainDisk {
	if domain.Devices == nil {
		return nil
	}
	for i := range domain.Devices.Disks {
		if disk := &domain.Devices.Disks[i]; disk.Alias != nil && disk.Alias.Name == trayName(drive) {
			return disk
		}
	}
	return nil
}

// PutMedium puts the file with that path into a CD-ROM drive, or empties it.
func PutMedium(tray *libvirtxml.DomainDisk, path string) {
	tray.Source, tray.BackingStore = nil, nil
	if path == "" {
		return
	}
	// A medium may be in many drives and stays root's: QEMU reads it by the right of its group. libvirt would make it QEMU's own, never give it back, and
	// a QEMU that was taken over could write into it.
	file := &libvirtxml.DomainDiskSourceFile{File: path, SecLabel: []libvirtxml.DomainDeviceSecLabel{{Model: "dac", Relabel: "no"}}}
	tray.Source = &libvirtxml.DomainDiskSource{File: file}
	tray.BackingStore = &libvirtxml.DomainDiskBackingStore{}
}
