package compute

import "slices"

// Hotplug are the params of the operation vm_hotplug: a drive or a NIC is plugged into the running guest of its machine.
type Hotplug struct {
	Machine int64  `json:"machine"`
	Table   string `json:"table"` // machine_drives or machine_nics
	Key     int64  `json:"key"`
}

// Operation names the kind.
func (Hotplug) Operation() string { return "vm_hotplug" }

// Unplug are the params of the operation vm_unplug: a guest is asked to let go of a drive or a NIC, and waited for.
type Unplug struct {
	Machine int64  `json:"machine"`
	Table   string `json:"table"`
	Key     int64  `json:"key"`
}

// Operation names the kind.
func (Unplug) Operation() string { return "vm_unplug" }

// hotInterfaces are the interfaces of disks that a running guest can be given and asked to let go.
var hotInterfaces = []string{"", "virtio-scsi", "virtio-scsi-dedicated", "virtio", "usb"}

// ColdDrive says what can be plugged into a running guest.
const ColdDrive = "only disks with the interface virtio-scsi, virtio-scsi-dedicated, virtio or usb can; others, and CD-ROM drives, come with the VM's next start"

// HotDrive reports whether QEMU can plug a drive into a running guest, and out of it.
func HotDrive(d MachineDrive) bool {
	return d.Media != "cdrom" && slices.Contains(hotInterfaces, d.Interface)
}
