package compute

import (
	"fmt"
	"path"
	"strconv"

	"dewpoint/internal/api/resource/shape"
)

// compute is a VM as lists show it.
type compute struct {
	UUID       string            `json:"uuid"`
	Name       string            `json:"name"`
	State      string            `json:"state,omitempty" enum:"running,paused,shutoff,crashed" doc:"not there for who may list the VM and not read it"`
	Memory     int64             `json:"memory" doc:"in MiB"`
	MaxMemory  int64             `json:"max_memory" doc:"in MiB"`
	VCPUs      int64             `json:"vcpus"`
	MaxVCPUs   int64             `json:"max_vcpus"`
	OS         osInfo            `json:"os"`
	Disks      []diskItem        `json:"disks"`
	Networks   []nicItem         `json:"networks"`
	Graphics   []graphicsItem    `json:"graphics"`
	Metadata   map[string]string `json:"metadata"`
	Autostart  bool              `json:"autostart"`
	Persistent bool              `json:"persistent"`
	CreatedAt  string            `json:"created_at" format:"date-time"`
	UpdatedAt  string            `json:"updated_at" format:"date-time"`
}

// computeDetail is a VM as it is shown alone.
type computeDetail struct {
	compute
	ID         string      `json:"id" doc:"the same as uuid"`
	Storage    storageItem `json:"storage"`
	OSType     string      `json:"os_type"`
	OSVariant  string      `json:"os_variant,omitempty"`
	MachineTyp string      `json:"machine_type"`
	Arch       string      `json:"architecture"`
	UEFI       bool        `json:"uefi"`
	SecureBoot bool        `json:"secure_boot"`
	TPM        bool        `json:"tpm"`
	Running    bool        `json:"running"`
	PCIDevices []struct{}  `json:"pci_devices" doc:"always empty"`
	Jobs       []string    `json:"jobs,omitempty" doc:"of the reply to a request that began long work: its ids below /jobs"`
}

type osInfo struct {
	Type         string   `json:"type"`
	Architecture string   `json:"architecture"`
	Machine      string   `json:"machine"`
	Boot         []string `json:"boot"`
	Family       string   `json:"family"`
	Variant      string   `json:"variant,omitempty"`
}

type storageItem struct {
	Disks []diskItem `json:"disks"`
}

// diskItem is a drive. Path is relative to the pool: what a PUT finds the drive again by.
type diskItem struct {
	ID          string `json:"id"`
	Path        string `json:"path"`
	Device      string `json:"device" enum:"disk,cdrom"`
	Target      string `json:"target" doc:"as in vda; sure as an id, not as the guest's own name"`
	Bus         string `json:"bus"`
	Size        int64  `json:"size" doc:"in GiB, rounded up"`
	Capacity    int64  `json:"capacity" doc:"in bytes"`
	Allocation  int64  `json:"allocation" doc:"in bytes"`
	Format      string `json:"format"`
	StoragePool string `json:"storage_pool"`
	Readonly    bool   `json:"readonly"`
	SourceType  string `json:"source_type"`
	SourcePath  string `json:"source_path,omitempty"`
}

type nicItem struct {
	Type   string `json:"type" enum:"network"`
	Source string `json:"source" doc:"name of the network"`
	MAC    string `json:"mac"`
	Model  string `json:"model"`
	Target string `json:"target,omitempty"`
	IPv4   string `json:"ipv4"`
	IPv6   string `json:"ipv6"`
}

type graphicsItem struct {
	Type     string `json:"type" enum:"vnc,spice"`
	Port     int64  `json:"port"`
	Autoport bool   `json:"autoport"`
}

func (v *vmRow) compute() compute {
	c := compute{
		UUID: v.UUID, Name: v.Name, State: v.Machine.Status.OfVM(), Memory: v.RAM, MaxMemory: v.RAM, VCPUs: v.Cores, MaxVCPUs: v.Cores,
		OS:    osInfo{Type: "hvm", Architecture: "x86_64", Machine: v.MachineType, Boot: []string{"hd", "cdrom"}, Family: v.OSFamily, Variant: v.OSVariant},
		Disks: []diskItem{}, Networks: []nicItem{}, Graphics: []graphicsItem{}, Metadata: map[string]string{},
		Autostart: v.OnPowerLoss == "power_on", Persistent: true, CreatedAt: shape.Stamp(v.Created), UpdatedAt: shape.Stamp(v.Modified),
	}
	if v.BootOrder == "dc" {
		c.OS.Boot = []string{"cdrom", "hd"}
	}
	if v.Meta != nil {
		c.Metadata = v.Meta
	}
	counts := map[string]int{}
	for i := range v.Machine.Drives {
		c.Disks = append(c.Disks, v.disk(&v.Machine.Drives[i], counts))
	}
	for _, n := range v.Machine.NICs {
		item := nicItem{Type: "network", MAC: n.MAC, Model: n.Interface, Target: n.Device, IPv4: n.IP}
		if n.Vnet != nil {
			item.Source = n.Vnet.Name
		}
		c.Networks = append(c.Networks, item)
	}
	if v.Console == "vnc" || v.Console == "spice" {
		c.Graphics = append(c.Graphics, graphicsItem{Type: v.Console, Port: v.Machine.Console.Port, Autoport: true})
	}
	return c
}

func (v *vmRow) detail() computeDetail {
	c := v.compute()
	return computeDetail{
		compute: c, ID: v.UUID, Storage: storageItem{Disks: c.Disks}, OSType: v.OSFamily, OSVariant: v.OSVariant, MachineTyp: v.MachineType,
		Arch: "x86_64", UEFI: v.UEFI, SecureBoot: v.SecureBoot, Running: v.Machine.Status != nil && v.Machine.Status.Running, PCIDevices: []struct{}{},
	}
}

// buses has the interfaces whose name here differs from the table's.
var buses = map[string]string{"virtio-scsi": "scsi", "virtio-scsi-dedicated": "scsi", "ahci": "sata"}

// disk shapes one drive; counts numbers the targets of each kind.
func (v *vmRow) disk(d *driveRow, counts map[string]int) diskItem {
	bus, ok := buses[d.Interface]
	if !ok {
		bus = d.Interface
	}
	prefix := "sd"
	switch bus {
	case "virtio":
		prefix = "vd"
	case "ide":
		prefix = "hd"
	}
	item := diskItem{
		ID: strconv.FormatInt(d.Key, 10), Path: v.drivePath(d), Device: "disk", Target: targetName(prefix, counts[prefix]), Bus: bus,
		Capacity: d.Size, Allocation: d.Used, Format: "qcow2", StoragePool: poolName(d.Tier), Readonly: d.Readonly, SourceType: "file",
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
