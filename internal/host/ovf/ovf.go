// Package ovf reads and writes descriptions of whole VMs in the Open Virtualization Format (DMTF DSP0243), and the archives that they travel in with their
// disks. Nothing is unpacked: what a description names is a stretch of a file. Everything that it reads may be anybody's.
package ovf

import "dewpoint/internal/errs"

// VM is what a description says of a virtual machine.
type VM struct {
	Name, Description string
	OS                string // as the description calls it, in words
	Cores             int64  // 0: it doesn't say
	MemoryMiB         int64
	UEFI, SecureBoot  bool
	Drives            []Drive
	NICs              []NIC
	// Notes are what it has that isn't read, in whole sentences.
	Notes []string
}

// Drive is a disk or a CD-ROM drive.
type Drive struct {
	Name       string
	CD         bool
	File       string // that its content lies in; "" for an empty drive or disk
	Size       int64  // bytes that a guest sees, as the description says; 0 where it doesn't
	Controller Controller
}

// Controller is what a drive is attached to.
type Controller struct {
	Bus   string // ide, sata, scsi, nvme, usb or virtio; "" where it isn't known
	Model string // in the description's words, as lsilogic; "" where it doesn't say
}

// NIC is a network card.
type NIC struct {
	Name, Model, Network, MAC string
}

// File is what a description refers to.
type File struct {
	Name string
	Size int64 // bytes; -1 where it doesn't say
}

func refused(format string, args ...any) error { return refusedAs("description", format, args...) }

func refusedAs(what, format string, args ...any) error {
	return errs.New(errs.Invalid, "appliance_refused", "the "+what+" "+format, args...).On("file")
}
