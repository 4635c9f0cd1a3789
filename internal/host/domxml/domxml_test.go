package domxml_test

import (
	"path/filepath"
	"testing"

	"dewpoint/internal/host/domxml"
	"dewpoint/internal/model/compute"
	"dewpoint/test/golden"
)

// debian12 is the node of the goldens: QEMU 7.2.
var debian12 = domxml.Host{
	Emulator:     "/usr/bin/qemu-system-x86_64",
	MachineTypes: []string{"pc-i440fx-7.2", "pc", "pc-i440fx-7.1", "pc-q35-7.2", "q35", "pc-q35-7.1", "pc-q35-2.10", "pc-q35-4.0.1", "pc-q35-4.0"},
	Firmware:     domxml.DebianFirmware,
	CPUFlaws:     []string{"arch-capabilities"}, TPM: true,
}

// base is a small VM that the shapes start from.
func base() domxml.VM {
	return domxml.VM{
		Instance: "a1b2", MachineKey: 7, UUID: "6f1c2a8e-92a4-4c5b-9d3e-0a1b2c3d4e5f", Title: "web",
		Accelerator: "qemu", Dir: "/var/lib/dewpoint/machines/7",
		Row: compute.VM{CPUCores: 1, RAM: 256, MachineType: "pc-q35-10.0", BootOrder: "cd"},
	}
}

// shapes are the VMs that have a golden file each.
func shapes() map[string]domxml.VM {
	bare := base()

	usual := base()
	usual.Title, usual.Row.USBTablet = `<web> & "friends" – ünïcode`, true
	usual.Row.AllowHotplug = true
	usual.Drives = []domxml.Drive{
		{Row: compute.MachineDrive{Key: 1, Interface: "virtio-scsi", Serial: "vol-1", Discard: true}, Device: "disk", Path: "/var/lib/dewpoint/pools/1/6f1c/1.qcow2", Format: "qcow2"},
		{Row: compute.MachineDrive{Key: 2, Interface: "virtio-scsi"}, Device: "cdrom", Path: "/var/lib/dewpoint/files/3", Format: "raw"},
	}
	usual.Seed = usual.Dir + "/" + domxml.SeedFile
	usual.NICs = []domxml.NIC{{Row: compute.MachineNIC{Key: 9, Interface: "virtio", Macaddress: "52:54:00:12:34:56"}, Bridge: "dpa1b2b4", Tap: "dpa1b2t9"}}

	secure := base()
	secure.Row.UEFI, secure.Row.SecureBoot, secure.Row.Console, secure.Row.Video, secure.Row.RTCBase = true, true, "spice", "qxl", "localtime"
	secure.Row.CPUCores, secure.Row.Sound, secure.Row.BootDelay, secure.Row.BootOrder = 4, "hda", 5, "dcn"
	secure.Drives = []domxml.Drive{{Row: compute.MachineDrive{Key: 1, Interface: "virtio"}, Device: "disk", Path: "/pool/1.qcow2", Format: "qcow2"}}

	native := base()
	native.Accelerator, native.Row.DisableHypervisor, native.Row.Console, native.ConsolePassword = "kvm", true, "vnc", "secret"
	nested := base()
	nested.Accelerator, nested.Row.NestedVirtualization, nested.Row.Console, nested.Row.Video = "kvm", true, "serial", "none"

	old := base()
	old.Row.MachineType, old.Row.Video, old.Row.Sound, old.Row.CPUType, old.Row.UEFI = "pc", "cirrus", "ac97", "Nehalem", true
	old.Drives = []domxml.Drive{
		{Row: compute.MachineDrive{Key: 1, Interface: "ide"}, Device: "disk", Path: "/pool/1.qcow2", Format: "qcow2"},
		{Row: compute.MachineDrive{Key: 2, Interface: "ide"}, Device: "cdrom", Format: "raw"},
		{Row: compute.MachineDrive{Key: 3, Interface: "lsi53c895a", Readonly: true}, Device: "disk", Path: "/pool/3.raw", Format: "raw"},
	}
	old.NICs = []domxml.NIC{
		{Row: compute.MachineNIC{Key: 1, Interface: "e1000", Macaddress: "52:54:00:12:34:01"}, Bridge: "dpa1b2b4", Tap: "dpa1b2t1"},
		{Row: compute.MachineNIC{Key: 2, Interface: "rtl8139", Macaddress: "52:54:00:12:34:02"}, Bridge: "dpa1b2b4", Tap: "dpa1b2t2"},
		{Row: compute.MachineNIC{Key: 3, Interface: "pcnet", Macaddress: "52:54:00:12:34:03"}, Bridge: "dpa1b2b4", Tap: "dpa1b2t3"},
	}
	old.Row.BootOrder, old.Row.AllowHotplug = "ndc", true

	buses := base()
	buses.Row.CPUType, buses.Row.Video, buses.Row.Console = "host", "virtio", "none"
	for i, iface := range []string{
		"ahci", "virtio-scsi", "virtio", "usb", "virtio-scsi-dedicated", "virtio-scsi-dedicated",
		"lsi53c895a", "lsi53c895a", "megasas", "mptsas1068", "mptsas1068", "ide", "virtio-scsi",
	} {
		path := filepath.Join("/pool", string(rune('a'+i))+".qcow2")
		buses.Drives = append(buses.Drives, domxml.Drive{Row: compute.MachineDrive{Key: int64(i + 1), Interface: iface}, Device: "disk", Path: path, Format: "qcow2"})
	}
	for i, card := range []string{"e1000e", "igb", "vmxnet3"} {
		key := int64(i + 1)
		buses.NICs = append(buses.NICs, domxml.NIC{Row: compute.MachineNIC{Key: key, Interface: card, Macaddress: "52:54:00:00:00:0" + string(rune('1'+i))}, Bridge: "dpa1b2b4", Tap: "dpa1b2t" + string(rune('1'+i))})
	}
	layered := base()
	layered.Drives = []domxml.Drive{{
		Row: compute.MachineDrive{Key: 1, Interface: "virtio"}, Device: "disk", Path: "/pool/1/6f1c/1.2.qcow2", Format: "qcow2",
		Layers: []string{"/pool/1/6f1c/1.1.qcow2", "/pool/2/92a4/7.qcow2"},
	}}
	seeded := base()
	seeded.Row.MachineType, seeded.Seed = "pc", seeded.Dir+"/seed.iso"
	for i := range 6 {
		seeded.Drives = append(seeded.Drives, domxml.Drive{Row: compute.MachineDrive{Key: int64(i + 1), Interface: "ahci"}, Device: "cdrom", Format: "raw"})
	}
	return map[string]domxml.VM{
		"layered": layered, "seeded": seeded, "tuned": tuned(), "trusted": trusted(), "bare": bare, "usual": usual, "secure-boot": secure, "kvm": native, "kvm-nested": nested, "old-pc": old, "all-buses": buses,
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, vm := range shapes() {
		got, err := domxml.Marshal(&vm, &debian12)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		golden.Equal(t, "testdata/"+name+".xml", got+"\n")
	}
}

// TestNoHostCPU: where QEMU refuses the host's CPU, a guest under KVM has the one that all hosts have, also when it wishes for the host's.
func TestNoHostCPU(t *testing.T) {
	t.Parallel()
	host := debian12
	host.NoHostCPU = true
	for _, wish := range []string{"", "host"} {
		vm := base()
		vm.Accelerator, vm.Row.CPUType = "kvm", wish
		domain, err := domxml.Build(&vm, &host)
		if err != nil || domain.CPU.Mode != "custom" || domain.CPU.Model.Value != "Nehalem" || domain.Type != "kvm" {
			t.Errorf("CPU %q: %+v, %v", wish, domain, err)
		}
	}
}

func TestMachineType(t *testing.T) {
	t.Parallel()
	cases := []struct{ wish, want string }{
		{"", "q35"},
		{"q35", "q35"},
		{"yottabyte", "q35"},
		{"pc", "pc"},
		{"pc-q35-9.0", "pc-q35-7.2"},
		{"pc-q35-10.0", "pc-q35-7.2"},
		{"pc-q35-7.1", "pc-q35-7.1"},
		{"pc-q35-7.0", "pc-q35-4.0.1"},
		{"pc-q35-4.0", "pc-q35-4.0"},
		{"pc-q35-3.1", "pc-q35-2.10"},
		{"pc-i440fx-10.0", "pc-i440fx-7.2"},
		{"pc-q35-2.9", ""},
		{"microvm", ""},
		{"pc-q35-", ""},
		{"pc-q35-7.x", ""},
	}
	for _, c := range cases {
		got, err := domxml.MachineType(c.wish, debian12.MachineTypes)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("MachineType(%q) = %q, %v; want %q", c.wish, got, err, c.want)
		}
	}
	if _, err := domxml.MachineType("q35", []string{"virt"}); err == nil {
		t.Error("q35 was granted by a QEMU that has no PC machines")
	}
}
