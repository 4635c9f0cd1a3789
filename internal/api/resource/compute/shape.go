package compute

import (
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/mark"
)

// Compute is a VM as lists show it.
type Compute struct {
	UUID       string            `json:"uuid"`
	Name       string            `json:"name"`
	State      string            `json:"state,omitempty" enum:"running,paused,shutoff,crashed" doc:"missing for users who can list but not read the VM"`
	Memory     int64             `json:"memory" doc:"in MiB; for a running VM, the value that it runs with"`
	MaxMemory  int64             `json:"max_memory" doc:"in MiB; the value from its next start on"`
	VCPUs      int64             `json:"vcpus" doc:"for a running VM, the value that it runs with"`
	MaxVCPUs   int64             `json:"max_vcpus" doc:"the value from its next start on"`
	NeedsStart bool              `json:"need_restart" doc:"the VM runs with other values than those set; it gets the new ones at its next start"`
	Waiting    string            `json:"restart_reason,omitempty" doc:"what waits for the next start, by the names that the table API uses"`
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
	Compute
	ID         string         `json:"id" doc:"the same as uuid"`
	Storage    storageItem    `json:"storage"`
	OSType     string         `json:"os_type"`
	OSVariant  string         `json:"os_variant,omitempty"`
	MachineTyp string         `json:"machine_type"`
	Arch       string         `json:"architecture"`
	UEFI       bool           `json:"uefi"`
	SecureBoot bool           `json:"secure_boot"`
	TPM        bool           `json:"tpm"`
	Running    bool           `json:"running"`
	PCIDevices []struct{}     `json:"pci_devices" doc:"always empty"`
	CloudInit  *cloudInitItem `json:"cloud_init,omitempty" doc:"missing while the VM has no source for cloud-init"`
	Jobs       []string       `json:"jobs,omitempty" doc:"ids of the jobs that the request started, see /jobs"`
}

type osInfo struct {
	Type         string   `json:"type"`
	Architecture string   `json:"architecture"`
	Machine      string   `json:"machine"`
	Boot         []string `json:"boot"`
	Family       string   `json:"family"`
	Distro       string   `json:"distro" doc:"as in debian; empty where os_variant doesn't name one"`
	Version      string   `json:"version" doc:"as in 12; empty where os_variant has none"`
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
	Target      string `json:"target" doc:"as in vda; it identifies the drive, but the guest may use another name"`
	Bus         string `json:"bus"`
	Size        int64  `json:"size" doc:"in GiB, rounded up"`
	Capacity    int64  `json:"capacity" doc:"in bytes"`
	Allocation  int64  `json:"allocation" doc:"in bytes"`
	Format      string `json:"format"`
	StoragePool string `json:"storage_pool"`
	Cache       string `json:"cache" enum:"writeback"`
	IOMode      string `json:"io_mode" enum:"threads"`
	Readonly    bool   `json:"readonly"`
	Bootable    bool   `json:"bootable"`
	BootOrder   int64  `json:"boot_order,omitempty" doc:"from 1; missing if the firmware doesn't try the drive"`
	Source      string `json:"source" doc:"the same as path"`
	SourceType  string `json:"source_type"`
	SourcePath  string `json:"source_path,omitempty"`
}

type nicItem struct {
	Type   string `json:"type" enum:"network"`
	Source string `json:"source" doc:"name of the network"`
	MAC    string `json:"mac"`
	Model  string `json:"model"`
	Target string `json:"target" doc:"the host's device; empty while the VM is off"`
	Bridge string `json:"bridge" doc:"the host's bridge that the card is connected to"`
	IPv4   string `json:"ipv4"`
	IPv6   string `json:"ipv6"`

	Addresses []addressItem `json:"addresses" doc:"all that are known while the VM runs, the most certain first"`

	RxBytes   int64 `json:"rx_bytes" doc:"received by the guest since its start"`
	TxBytes   int64 `json:"tx_bytes" doc:"sent by the guest since its start"`
	RxPackets int64 `json:"rx_packets"`
	TxPackets int64 `json:"tx_packets"`
}

type graphicsItem struct {
	Type      string `json:"type" enum:"vnc,spice"`
	Port      int64  `json:"port" doc:"always -1: a screen has no port of its own"`
	Autoport  bool   `json:"autoport"`
	Listen    string `json:"listen" doc:"always 127.0.0.1; connections go through the server"`
	Connected bool   `json:"connected" doc:"somebody is connected to it"`
}

func (v *vmRow) compute(host mark.Instance) Compute {
	cores, ram := v.Machine.Status.Has(v.Cores, v.RAM)
	c := Compute{
		UUID: v.UUID, Name: v.Name, State: v.Machine.Status.OfVM(), Memory: ram, MaxMemory: v.RAM, VCPUs: cores, MaxVCPUs: v.Cores,
		NeedsStart: v.NeedRestart, Waiting: v.RestartReason,
		OS:    v.os(),
		Disks: []diskItem{}, Networks: []nicItem{}, Graphics: []graphicsItem{}, Metadata: map[string]string{},
		Autostart: v.OnPowerLoss == "power_on", Persistent: true, CreatedAt: shape.Stamp(v.Created), UpdatedAt: shape.Stamp(v.Modified),
	}
	if v.Meta != nil {
		c.Metadata = v.Meta
	}
	counts, places := map[string]int{}, v.bootPlaces()
	for i := range v.Machine.Drives {
		item := v.disk(&v.Machine.Drives[i], counts)
		item.BootOrder, item.Bootable = places[i], places[i] > 0
		c.Disks = append(c.Disks, item)
	}
	for i := range v.Machine.NICs {
		c.Networks = append(c.Networks, v.nic(&v.Machine.NICs[i], host))
	}
	if v.Console == "vnc" || v.Console == "spice" {
		c.Graphics = append(c.Graphics, graphicsItem{Type: v.Console, Port: -1, Autoport: true, Listen: "127.0.0.1", Connected: v.Machine.Console.Active})
	}
	return c
}

func (v *vmRow) detail(host mark.Instance) computeDetail {
	c := v.compute(host)
	return computeDetail{
		Compute: c, ID: v.UUID, Storage: storageItem{Disks: c.Disks}, OSType: v.OSFamily, OSVariant: v.OSVariant, MachineTyp: v.MachineType,
		Arch: "x86_64", UEFI: v.UEFI, SecureBoot: v.SecureBoot, Running: v.Machine.Status.On(), PCIDevices: []struct{}{}, TPM: v.tpm() != nil,
	}
}
