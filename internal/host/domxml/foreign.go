package domxml

import (
	"fmt"
	"slices"
	"strings"

	"libvirt.org/go/libvirtxml"
)

// Foreign is a domain that somebody else made, in the words of our rows.
type Foreign struct {
	Title       string        `json:"title"`
	Cores       int64         `json:"cpu_cores"`
	RAM         int64         `json:"ram"` // MiB
	MachineType string        `json:"machine_type"`
	CPUType     string        `json:"cpu_type"`
	UEFI        bool          `json:"uefi"`
	Console     string        `json:"console"`
	Video       string        `json:"video"`
	Sound       string        `json:"sound"`
	LocalTime   bool          `json:"localtime"`
	Disks       []ForeignDisk `json:"disks"`
	NICs        []ForeignNIC  `json:"nics"`
	// Obstacles are what no VM of ours could have: with one of them the domain can't be adopted.
	Obstacles []string `json:"obstacles"`
	// Changes are what a VM of ours would have otherwise.
	Changes []string `json:"changes"`
}

// ForeignDisk is a disk or a CD-ROM drive.
type ForeignDisk struct {
	Interface string `json:"interface"` // as machine_drives.interface
	CDROM     bool   `json:"cdrom"`
	Path      string `json:"path"`
	Format    string `json:"format"` // raw or qcow2
	Serial    string `json:"serial"`
	ReadOnly  bool   `json:"readonly"`
}

// ForeignNIC is a network card.
type ForeignNIC struct {
	Interface string `json:"interface"` // as machine_nics.interface
	MAC       string `json:"mac"`
	Source    string `json:"source"` // what it is plugged into
}

// ParseForeign says what a domain is, by its definition.
func ParseForeign(text string) Foreign {
	f := Foreign{Cores: 1, Disks: []ForeignDisk{}, NICs: []ForeignNIC{}, Obstacles: []string{}, Changes: []string{}}
	var d libvirtxml.Domain
	if err := d.Unmarshal(text); err != nil {
		f.obstacle("its definition can't be read")
		return f
	}
	return f.read(&d)
}

func (f Foreign) read(d *libvirtxml.Domain) Foreign {
	f.Title = d.Title
	f.size(d)
	f.platform(d)
	if d.Devices == nil {
		return f
	}
	for i := range d.Devices.Disks {
		f.disk(&d.Devices.Disks[i])
	}
	for i := range d.Devices.Interfaces {
		f.card(&d.Devices.Interfaces[i])
	}
	f.screen(d.Devices)
	f.others(d)
	return f
}

func (f *Foreign) obstacle(format string, args ...any) {
	f.Obstacles = append(f.Obstacles, fmt.Sprintf(format, args...))
}

func (f *Foreign) change(format string, args ...any) {
	f.Changes = append(f.Changes, fmt.Sprintf(format, args...))
}

func (f *Foreign) size(d *libvirtxml.Domain) {
	if d.VCPU != nil && d.VCPU.Value > 0 {
		f.Cores = int64(d.VCPU.Value)
	}
	units := map[string]uint64{"": 1 << 10, "b": 1, "bytes": 1, "KB": 1000, "k": 1 << 10, "KiB": 1 << 10, "MB": 1e6, "M": 1 << 20, "MiB": 1 << 20, "GB": 1e9, "G": 1 << 30, "GiB": 1 << 30}
	if d.Memory != nil {
		f.RAM = int64(uint64(d.Memory.Value) * units[d.Memory.Unit] >> 20)
	}
	switch {
	case f.RAM < 256:
		f.obstacle("it has %d MiB of memory; a VM has at least 256", f.RAM)
	case f.Cores > 255:
		f.obstacle("it has %d CPUs; a VM has at most 255", f.Cores)
	}
}

func (f *Foreign) platform(d *libvirtxml.Domain) {
	if d.Type != "kvm" && d.Type != "qemu" {
		f.obstacle("it is a domain of the type %s", d.Type)
	}
	if d.OS == nil || d.OS.Type == nil {
		f.obstacle("it says nothing of its machine")
		return
	}
	if d.OS.Type.Type != "hvm" || d.OS.Type.Arch != "" && d.OS.Type.Arch != "x86_64" {
		f.obstacle("it is a machine of the architecture %s", d.OS.Type.Arch)
	}
	f.MachineType = d.OS.Type.Machine
	if d.OS.Kernel != "" || d.OS.Initrd != "" {
		f.obstacle("it boots a kernel of the host's")
	}
	if d.OS.Firmware == "efi" || d.OS.Loader != nil && d.OS.Loader.Type == "pflash" {
		f.UEFI = true
		f.obstacle("it has UEFI, whose variables can't be taken over")
	}
	if c := d.CPU; c != nil {
		switch c.Mode {
		case "host-passthrough", "host-model", "maximum":
			f.CPUType = "host"
		case "custom":
			if c.Model != nil {
				f.CPUType = c.Model.Value
			}
		}
		if c.Numa != nil || len(c.Features) > 0 {
			f.change("its NUMA cells and CPU features are not kept")
		}
	}
	f.LocalTime = d.Clock != nil && d.Clock.Offset == "localtime"
}

func (f *Foreign) disk(disk *libvirtxml.DomainDisk) {
	one := ForeignDisk{Serial: disk.Serial, ReadOnly: disk.ReadOnly != nil, CDROM: disk.Device == "cdrom"}
	name, on := "?", ""
	if disk.Target != nil {
		name, on = disk.Target.Dev, disk.Target.Bus
	}
	if one.Interface = map[string]string{"virtio": "virtio", "scsi": "virtio-scsi", "sata": "ahci", "ide": "ide", "usb": "usb"}[on]; one.Interface == "" {
		f.obstacle("disk %s is attached by %s", name, on)
	}
	if disk.Driver != nil {
		one.Format = disk.Driver.Type
	}
	one.Path = ""
	if disk.Source != nil && disk.Source.File != nil {
		one.Path = disk.Source.File.File
	}
	switch {
	case disk.Device != "" && disk.Device != "disk" && disk.Device != "cdrom":
		f.obstacle("%s is a %s", name, disk.Device)
	case one.CDROM && (one.Path != "" || disk.Source != nil && disk.Source.File == nil):
		f.change("the medium in %s is taken out", name)
		one.Path = ""
	case one.CDROM:
	case one.Path == "":
		f.obstacle("disk %s isn't a file", name)
	case one.Format != "raw" && one.Format != "qcow2":
		f.obstacle("disk %s has the format %s", name, one.Format)
	case disk.Encryption != nil || disk.Source.Encryption != nil:
		f.obstacle("disk %s is encrypted", name)
	}
	f.Disks = append(f.Disks, one)
}

func (f *Foreign) card(card *libvirtxml.DomainInterface) {
	one := ForeignNIC{Interface: "virtio"}
	if card.MAC != nil {
		one.MAC = card.MAC.Address
	}
	if card.Model != nil && card.Model.Type != "" {
		one.Interface = strings.TrimSuffix(card.Model.Type, "-net-pci")
	}
	if !slices.Contains(nicModels, one.Interface) {
		f.obstacle("the network card %s is a %s", one.MAC, one.Interface)
	}
	switch s := card.Source; {
	case s == nil:
	case s.Network != nil:
		one.Source = "network " + s.Network.Network
	case s.Bridge != nil:
		one.Source = "bridge " + s.Bridge.Bridge
	case s.Hostdev != nil:
		f.obstacle("the network card %s is a device of the host", one.MAC)
	default:
		one.Source = "other"
	}
	f.NICs = append(f.NICs, one)
}

func (f *Foreign) screen(devices *libvirtxml.DomainDeviceList) {
	f.Console, f.Video, f.Sound = "none", "none", "none"
	for _, g := range devices.Graphics {
		switch {
		case g.VNC != nil:
			f.Console = "vnc"
		case g.Spice != nil:
			f.Console = "spice"
		}
	}
	if f.Console == "none" && len(devices.Serials)+len(devices.Consoles) > 0 {
		f.Console = "serial"
	}
	for _, v := range devices.Videos {
		if model := map[string]string{"vga": "std", "cirrus": "cirrus", "vmvga": "vmware", "qxl": "qxl", "virtio": "virtio", "bochs": "std"}[v.Model.Type]; model != "" {
			f.Video = model
		}
	}
	for _, s := range devices.Sounds {
		f.Sound = map[string]string{"ich6": "hda", "ich9": "hda", "ac97": "ac97", "es1370": "es1370", "sb16": "sb16"}[s.Model]
		if f.Sound == "" {
			f.Sound = "none"
			f.change("the sound card %s is not kept", s.Model)
		}
	}
}

// others are devices that rows know nothing of.
func (f *Foreign) others(d *libvirtxml.Domain) {
	v := d.Devices
	for what, n := range map[string]int{
		"devices of the host": len(v.Hostdevs), "shared folders": len(v.Filesystems), "shared memory": len(v.Shmems), "TPMs": len(v.TPMs), "smart cards": len(v.Smartcards),
		"memory modules": len(v.Memorydevs), "NVRAM devices": count(v.NVRAM != nil),
	} {
		if n > 0 {
			f.obstacle("it has %s, which can't be taken over", what)
		}
	}
	if d.QEMUCommandline != nil {
		f.obstacle("it has options of QEMU's own")
	}
	for what, n := range map[string]int{"USB redirection": len(v.RedirDevs), "watchdogs": len(v.Watchdogs), "panic devices": len(v.Panics)} {
		if n > 0 {
			f.change("its %s are not kept", what)
		}
	}
	slices.Sort(f.Obstacles)
	slices.Sort(f.Changes)
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}
