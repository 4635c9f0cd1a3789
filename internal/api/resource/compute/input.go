package compute

import (
	"dewpoint/internal/api/resource/frame"
)

// ComputeInput is the body of a create (in full form or in the basic form of scripts) and of an update.
type ComputeInput struct {
	Name         *string                        `json:"name" maxLength:"128"`
	Description  *string                        `json:"description" maxLength:"2048"`
	Memory       *int64                         `json:"memory" doc:"in MiB"`
	MaxMemory    int64                          `json:"max_memory" doc:"0, or the same as memory: memory can't grow in a running guest yet"`
	VCPUs        *int64                         `json:"vcpus"`
	MaxVCPUs     int64                          `json:"max_vcpus" doc:"0, or the same as vcpus"`
	Storage      *storageInput                  `json:"storage"`
	OSType       *string                        `json:"os_type" doc:"linux, windows, bsd, other"`
	OSVariant    *string                        `json:"os_variant" maxLength:"256"`
	OSInfo       *osInput                       `json:"os_info" doc:"another form of os_type and os_variant"`
	Architecture string                         `json:"architecture"`
	MachineType  *string                        `json:"machine_type"`
	UEFI         *bool                          `json:"uefi"`
	SecureBoot   *bool                          `json:"secure_boot"`
	TPM          *bool                          `json:"tpm" doc:"a TPM 2.0"`
	Networks     []networkInput                 `json:"networks" maxItems:"31"`
	Graphics     frame.OneOrMore[graphicsInput] `json:"graphics"`
	PCIDevices   []any                          `json:"pci_devices" doc:"not built"`
	CloudInit    *cloudInitInput                `json:"cloud_init" doc:"what cloud-init finds in the guest at its next start; update: members that are left out stay"`
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
	Format      string `json:"format" doc:"qcow2, the format of all disks"`
	Path        string `json:"path" doc:"attach: an ISO or image by its path, name or id; update: the drive itself"`
	StoragePool string `json:"storage_pool" doc:"default, or tier1 to tier5"`
	CloneFrom   string `json:"clone_from"`
	Source      string `json:"source" doc:"the same as clone_from"`
	Bus         string `json:"bus" doc:"virtio, scsi, sata, ide, usb, nvme"`
	Cache       string `json:"cache" doc:"writeback (the default)"`
	IOMode      string `json:"io_mode" doc:"threads (the default)"`
	BootOrder   int64  `json:"boot_order" minimum:"0" doc:"disks and CD-ROMs boot in the order of the list; the lower number decides which of the two kinds comes first"`
	Readonly    *bool  `json:"readonly"`
	Device      string `json:"device" doc:"disk or cdrom"`
	Target      string `json:"target" doc:"update: the drive to change; new drives get the next name of their bus"`
	DiskFacts
}

// DiskFacts are what a reply shows of a drive and nobody sets. An update takes them, so that a client may send back what it read.
type DiskFacts struct {
	ID         any `json:"id" readOnly:"true"`
	Capacity   any `json:"capacity" readOnly:"true"`
	Allocation any `json:"allocation" readOnly:"true"`
	SourceType any `json:"source_type" readOnly:"true"`
	SourcePath any `json:"source_path" readOnly:"true"`
	Bootable   any `json:"bootable" readOnly:"true"`
}

// osInput is the object that says what runs in the VM.
type osInput struct {
	Family   string `json:"family"`
	Distro   string `json:"distro"`
	Version  string `json:"version"`
	Codename string `json:"codename"`
	Variant  string `json:"variant"`
}

type networkInput struct {
	Type   string `json:"type" doc:"network, or nat, which means the same"`
	Source string `json:"source" doc:"name of the network"`
	Model  string `json:"model"`
	MAC    string `json:"mac"`
	NICFacts
}

// NICFacts are what a reply shows of a card and nobody sets.
type NICFacts struct {
	Target any `json:"target" readOnly:"true"`
	Bridge any `json:"bridge" readOnly:"true"`
	IPv4   any `json:"ipv4" readOnly:"true"`
	IPv6   any `json:"ipv6" readOnly:"true"`

	Addresses any `json:"addresses" readOnly:"true"`

	RxBytes   any `json:"rx_bytes" readOnly:"true"`
	TxBytes   any `json:"tx_bytes" readOnly:"true"`
	RxPackets any `json:"rx_packets" readOnly:"true"`
	TxPackets any `json:"tx_packets" readOnly:"true"`
}

type graphicsInput struct {
	Type     string `json:"type" doc:"vnc, spice or none"`
	Password string `json:"password" maxLength:"256"`
	Port     int64  `json:"port" doc:"-1 or 0: a screen has no port of its own"`
	Autoport *bool  `json:"autoport" doc:"true"`
	Listen   string `json:"listen" doc:"0.0.0.0 or 127.0.0.1; connections go through the server in both cases"`
	ScreenFacts
}

// ScreenFacts are what a reply shows of a screen and nobody sets.
type ScreenFacts struct {
	Connected any `json:"connected" readOnly:"true"`
}

// ComputeFacts are what a reply shows of a VM and nobody sets. Only an update takes them.
type ComputeFacts struct {
	ID         any `json:"id" readOnly:"true"`
	UUID       any `json:"uuid" readOnly:"true"`
	State      any `json:"state" readOnly:"true"`
	Running    any `json:"running" readOnly:"true"`
	Persistent any `json:"persistent" readOnly:"true"`
	OS         any `json:"os" readOnly:"true"`
	Disks      any `json:"disks" readOnly:"true" doc:"the same as storage.disks"`
	CreatedAt  any `json:"created_at" readOnly:"true"`
	UpdatedAt  any `json:"updated_at" readOnly:"true"`
	Jobs       any `json:"jobs" readOnly:"true"`
	NeedsStart any `json:"need_restart" readOnly:"true"`
	Waiting    any `json:"restart_reason" readOnly:"true"`
}
