package compute

import (
	"slices"

	"dewpoint/internal/schema"
)

// Hotplug are the params of the operation vm_hotplug: a drive or a NIC is plugged into the running guest of its machine.
type Hotplug struct {
	Machine int64  `json:"machine"`
	Table   string `json:"table"` // machine_drives or machine_nics
	Key     int64  `json:"key"`
	// What the request has done for it, and an undo takes back.
	Enabled bool `json:"enabled,omitempty"` // the row was disabled
	Made    bool `json:"made,omitempty"`    // there was no row
}

// Operation names the kind.
func (Hotplug) Operation() string { return "vm_hotplug" }

// Unplug are the params of the operation vm_unplug: a guest is asked to let go of a drive or a NIC, and waited for. Then the row is disabled, or deleted.
type Unplug struct {
	Machine int64  `json:"machine"`
	Table   string `json:"table"`
	Key     int64  `json:"key"`
	Delete  bool   `json:"delete,omitempty"`
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

// hotplugDriveAction plugs disks in and out. The Go SDK and the CSI driver name a drive; the Python SDK describes a new one.
func hotplugDriveAction() schema.Action {
	return schema.Action{
		Name: "hotplugdrive", By: "machine",
		Doc: "plug a disk into the running guest, or out of it with unplug, which waits until the guest lets go of it. The drive is enabled, or disabled. Without device a drive is made. " +
			"The drive of a VM that is off is just enabled or disabled",
		Params: schema.Fields{
			schema.Row("device", "machine_drives"), schema.Bool("unplug"), schema.Bool("delete").Doc("with unplug: delete the drive and its content once it is out"),
			schema.String("name").Len(0, 128), schema.Num("disksize").Unit("GB").Doc("of a new drive, in units of 2^30 bytes"),
			schema.String("interface"), schema.String("media"), schema.String("preferred_tier"), schema.Row("media_source", "files"),
		},
		Answers: schema.Fields{schema.JSON("response").Doc("device: the key of a drive that was made, as text")},
	}
}

func hotplugNICAction() schema.Action {
	return schema.Action{
		Name: "hotplugnic", By: "machine",
		Doc: "plug a network card into the running guest, or out of it with unplug, which waits until the guest lets go of it. The NIC is enabled, or disabled. Without device a NIC is made. " +
			"The NIC of a VM that is off is just enabled or disabled",
		Params: schema.Fields{
			schema.Row("device", "machine_nics"), schema.Bool("unplug"), schema.Bool("delete").Doc("with unplug: delete the NIC once it is out"),
			schema.String("name").Len(0, 128), schema.Row("vnet", "vnets"), schema.String("interface"), schema.String("macaddress"),
		},
		Answers: schema.Fields{schema.JSON("response").Doc("device: the key of a NIC that was made, as text")},
	}
}

func changeCDAction() schema.Action {
	return schema.Action{
		Name: "changecd",
		Doc:  "put a file into a CD-ROM drive, or empty it with eject. A running guest gets it at once; need_restart of the VM is true while the guest has locked the tray or the file isn't whole",
		Params: schema.Fields{
			schema.Row("drive", "machine_drives").Doc("may be left out where the VM has one CD-ROM drive"), schema.Row("device", "machine_drives").Doc("the same as drive"),
			schema.Row("file", "files"), schema.Row("media_source", "files").Doc("the same as file"), schema.Bool("eject"),
		},
	}
}

func changeNetAction() schema.Action {
	return schema.Action{
		Name: "changenet",
		Doc:  "move a NIC to another network, or change its link: enabled true plugs its cable in. A running guest sees it at once",
		Params: schema.Fields{
			schema.Row("nic", "machine_nics").Doc("may be left out where the VM has one NIC"), schema.Row("device", "machine_nics").Doc("the same as nic"),
			schema.Row("vnet", "vnets"), schema.Bool("enabled"),
		},
	}
}
