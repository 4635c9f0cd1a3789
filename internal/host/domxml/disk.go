package domxml

import (
	"regexp"

	"libvirt.org/go/libvirtxml"
)

// diskSerial is what libvirt's schema accepts and every bus can carry.
var diskSerial = regexp.MustCompile(`^[A-Za-z0-9_.+ -]{1,36}$`)

// drives attaches the disks and CD-ROMs with the controllers that they need.
func drives(machine string) func(*VM, *libvirtxml.Domain) error {
	return func(vm *VM, domain *libvirtxml.Domain) error {
		s := &slots{controllers: map[string]uint{}, open: map[bus]*place{}, names: map[string]int{}}
		for i := range vm.Drives {
			drive := &vm.Drives[i]
			b, err := busFor(drive.Row.Interface, machine)
			if err != nil {
				return err
			}
			disk, err := newDisk(drive, b)
			if err != nil {
				return err
			}
			address, controller := s.take(b)
			disk.Address = address
			disk.Target.Dev = s.name(b.prefix)
			if controller != nil {
				domain.Devices.Controllers = append(domain.Devices.Controllers, *controller)
			}
			domain.Devices.Disks = append(domain.Devices.Disks, *disk)
		}
		return nil
	}
}

// newDisk makes the disk element. The format and all files beneath the disk are always named here, and their end: neither QEMU nor libvirt ever
// guesses at bytes that a guest or an uploader wrote.
func newDisk(drive *Drive, b bus) (*libvirtxml.DomainDisk, error) {
	disk := &libvirtxml.DomainDisk{
		Device: drive.Device,
		Driver: &libvirtxml.DomainDiskDriver{Name: "qemu", Type: drive.Format},
		Target: &libvirtxml.DomainDiskTarget{Bus: b.target},
		Serial: drive.Row.Serial,
	}
	if drive.Row.Serial != "" && !diskSerial.MatchString(drive.Row.Serial) {
		return nil, invalid("serial", "serial %q of drive %d must be 1 to 36 letters, digits, spaces or any of _.+-", drive.Row.Serial, drive.Row.Key)
	}
	switch drive.Format {
	case "qcow2", "raw":
	default:
		return nil, invalid("media", "drive %d has the format %q, which no VM can use", drive.Row.Key, drive.Format)
	}
	switch drive.Device {
	case "cdrom":
		if b.target == "virtio" {
			return nil, invalid("interface", "drive %d: a CD-ROM can't have the interface virtio; use virtio-scsi, ahci or ide", drive.Row.Key)
		}
		disk.ReadOnly = &libvirtxml.DomainDiskReadOnly{}
		disk.Alias = &libvirtxml.DomainAlias{Name: trayName(drive.Row.Key)}
	case "disk":
		if drive.Path == "" {
			return nil, invalid("media", "drive %d has no file yet", drive.Row.Key)
		}
		if err := writable(drive, disk); err != nil {
			return nil, err
		}
	default:
		return nil, invalid("media", "drives with the media %q can't be attached", drive.Device)
	}
	if drive.Device == "cdrom" {
		PutMedium(disk, drive.Path)
	} else {
		disk.Source = &libvirtxml.DomainDiskSource{File: &libvirtxml.DomainDiskSourceFile{File: drive.Path}}
		disk.BackingStore = beneath(drive.Layers)
	}
	return disk, nil
}

// beneath names all files that a disk builds upon.
func beneath(layers []string) *libvirtxml.DomainDiskBackingStore {
	if len(layers) == 0 {
		return &libvirtxml.DomainDiskBackingStore{} // the end
	}
	return &libvirtxml.DomainDiskBackingStore{
		Format:       &libvirtxml.DomainDiskFormat{Type: "qcow2"},
		Source:       &libvirtxml.DomainDiskSource{File: &libvirtxml.DomainDiskSourceFile{File: layers[0]}},
		BackingStore: beneath(layers[1:]),
	}
}

// writable sets what only disks have. IDE and SATA know no read-only disk; QEMU would refuse to start.
func writable(drive *Drive, disk *libvirtxml.DomainDisk) error {
	if drive.Row.Readonly {
		if disk.Target.Bus == "ide" || disk.Target.Bus == "sata" {
			return invalid("readonly", "drive %d: an IDE or SATA disk can't be read-only; use virtio-scsi or virtio", drive.Row.Key)
		}
		disk.ReadOnly = &libvirtxml.DomainDiskReadOnly{}
	}
	disk.Driver.Discard = "ignore"
	if drive.Row.Discard {
		disk.Driver.Discard = "unmap"
	}
	return nil
}
