package domxml

import (
	"libvirt.org/go/libvirtxml"

	"dewpoint/internal/model/compute"
)

// driveOptions sets how the files of drives are read and written. It runs after the drives are attached, and counts on their order.
func driveOptions(vm *VM, domain *libvirtxml.Domain) error {
	for i := range vm.Drives {
		row, disk := &vm.Drives[i].Row, &domain.Devices.Disks[i]
		switch row.Fsync {
		case "0":
			disk.Driver.Cache = "unsafe"
		case "1":
			disk.Driver.Cache = "writethrough"
		}
		if row.Optimize == "large" && vm.Drives[i].Format == "qcow2" {
			disk.Driver.MetadataCache = wholeMap(row.Disksize)
		}
		options, err := compute.DriveOptions(row.Advanced)
		if err != nil {
			return err
		}
		tune(disk.Driver, options)
		if disk.Driver.IO == "native" && disk.Driver.Cache != "none" && disk.Driver.Cache != "directsync" {
			return invalid("advanced", "drive %d: io=native needs cache=none or cache=directsync", row.Key)
		}
	}
	return nil
}

// tune sets the options that an administrator gave.
func tune(driver *libvirtxml.DomainDiskDriver, options map[string]string) {
	for name, member := range map[string]*string{"cache": &driver.Cache, "io": &driver.IO, "detect_zeroes": &driver.DetectZeros, "copy_on_read": &driver.CopyOnRead} {
		if value := options[name]; value != "" {
			*member = value
		}
	}
}

// wholeMap is a cache that holds where each cluster of a disk lies: eight bytes for each 64 KiB (QEMU's docs/qcow2-cache.txt).
func wholeMap(bytes int64) *libvirtxml.DomainDiskMetadataCache {
	const least, perByte = 1 << 20, 8192
	return &libvirtxml.DomainDiskMetadataCache{MaxSize: &libvirtxml.DomainDiskMetadataCacheSize{Unit: "bytes", Value: int(max(bytes/perByte, least))}}
}
