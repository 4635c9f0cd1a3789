package compute

import (
	"cmp"
	"fmt"
	"path"
	"strconv"

	"dewpoint/internal/api/resource/shape"
)

// buses has the interfaces whose name here differs from the table's.
var buses = map[string]string{"virtio-scsi": "scsi", "virtio-scsi-dedicated": "scsi", "ahci": "sata"}

// busOf is what an interface is called here.
func busOf(iface string) string { return cmp.Or(buses[iface], iface) }

// targetPrefix is what the targets of a bus begin with.
func targetPrefix(bus string) string {
	return cmp.Or(map[string]string{"virtio": "vd", "ide": "hd"}[bus], "sd")
}

// disk shapes one drive; counts numbers the targets of each kind.
func (v *vmRow) disk(d *driveRow, counts map[string]int) diskItem {
	bus := busOf(d.Interface)
	prefix := targetPrefix(bus)
	item := diskItem{
		ID: strconv.FormatInt(d.Key, 10), Path: v.drivePath(d), Device: "disk", Target: targetName(prefix, counts[prefix]), Bus: bus,
		Capacity: d.Size, Allocation: d.Used, Format: "qcow2", StoragePool: poolName(d.Tier), Readonly: d.Readonly, SourceType: "file",
		Source: v.drivePath(d), Cache: diskCache, IOMode: diskIO,
	}
	counts[prefix]++
	if d.Media == "cdrom" {
		item.Device, item.Format, item.Readonly = "cdrom", "raw", true
		if d.Source != nil {
			item.Capacity, item.Allocation = d.Source.Size, d.Source.Size
		}
	}
	if d.Source != nil {
		item.SourcePath = shape.ISOPath(d.Source.UUID, d.Source.Name)
	}
	item.Size = (item.Capacity + 1<<30 - 1) >> 30
	return item
}

// drivePath is a drive's file relative to its pool; for a CD-ROM it leads to the ISO in it.
func (v *vmRow) drivePath(d *driveRow) string {
	if d.Media == "cdrom" {
		if d.Source == nil {
			return ""
		}
		return shape.ISOPath(d.Source.UUID, d.Source.Name)
	}
	return path.Join(v.UUID, fmt.Sprintf("%d.qcow2", d.Key))
}

// targetName counts a, b … z, aa, ab …
func targetName(prefix string, n int) string {
	name := ""
	for n++; n > 0; n = (n - 1) / 26 {
		name = string(rune('a'+(n-1)%26)) + name
	}
	return prefix + name
}
