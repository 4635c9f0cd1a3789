package compute

import (
	"dewpoint/internal/api/resource/frame"
)

// computeInput is the body of a create (in full form or in the basic form of scripts) and of an update.
type computeInput struct {
	Name         *string                        `json:"name" maxLength:"128"`
	Description  *string                        `json:"description" maxLength:"2048"`
	Memory       *int64                         `json:"memory" doc:"in MiB"`
	VCPUs        *int64                         `json:"vcpus"`
	Storage      *storageInput                  `json:"storage"`
	OSType       *string                        `json:"os_type" doc:"linux, windows, bsd, other"`
	OSVariant    *string                        `json:"os_variant" maxLength:"256"`
	Architecture string                         `json:"architecture"`
	MachineType  *string                        `json:"machine_type"`
	UEFI         *bool                          `json:"uefi"`
	SecureBoot   *bool                          `json:"secure_boot"`
	TPM          bool                           `json:"tpm" doc:"not built"`
	Networks     []networkInput                 `json:"networks" maxItems:"31"`
	Graphics     frame.OneOrMore[graphicsInput] `json:"graphics"`
	PCIDevices   []any                          `json:"pci_devices" doc:"not built"`
	CloudInit    map[string]any                 `json:"cloud_init" doc:"not built"`
	CustomXML    string                         `json:"custom_xml" doc:"refused"`
	Template     string                         `json:"template" doc:"not built"`
	Autostart    *bool                          `json:"autostart" doc:"start the VM when the host has come up"`
	Metadata     map[string]any                 `json:"metadata" doc:"kept as strings"`
	DiskSize     int64                          `json:"disk_size" minimum:"0" maximum:"65536" doc:"basic form: size in GiB of the one disk"`
	DiskPath     string                         `json:"disk_path" doc:"basic form: the disk's content"`
	ISOPath      string                         `json:"iso_path" doc:"basic form: the ISO in the CD-ROM drive"`
	Network      *networkInput                  `json:"network" doc:"basic form: the one network"`
	StoragePool  string                         `json:"storage_pool" doc:"basic form"`
}

type storageInput struct {
	DefaultPool string      `json:"default_pool"`
	BootISO     string      `json:"boot_iso"`
	Disks       []diskInput `json:"disks" maxItems:"64"`
}

type diskInput struct {
	Action      string `json:"action" doc:"create, attach or clone; guessed from the other members when missing"`
	Size        int64  `json:"size" minimum:"0" maximum:"65536" doc:"in GiB"`
	Format      string `json:"format" doc:"qcow2, in which disks are kept"`
	Path        string `json:"path" doc:"attach: an ISO or image by its path, name or id; update: the drive itself"`
	StoragePool string `json:"storage_pool" doc:"default, or tier1 to tier5"`
	CloneFrom   string `json:"clone_from"`
	Source      string `json:"source" doc:"the same as clone_from"`
	Bus         string `json:"bus" doc:"virtio, scsi, sata, ide, usb, nvme"`
	BootOrder   int64  `json:"boot_order"`
	Readonly    bool   `json:"readonly"`
	Device      string `json:"device" doc:"disk or cdrom"`
	Target      string `json:"target"`
}

type networkInput struct {
	Type   string `json:"type" doc:"network"`
	Source string `json:"source" doc:"name of the network"`
	Model  string `json:"model"`
	MAC    string `json:"mac"`
}

type graphicsInput struct {
	Type     string `json:"type" doc:"vnc, spice or none"`
	Password string `json:"password" maxLength:"256"`
}
