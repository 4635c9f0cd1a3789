package domxml_test

import (
	"testing"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/domxml"
	"dewpoint/internal/model/compute"
)

// TestInvalid proves that what libvirt or QEMU can't take is refused before, and names its field.
func TestInvalid(t *testing.T) {
	t.Parallel()
	drive := func(change func(*domxml.Drive)) func(*domxml.VM) {
		return func(vm *domxml.VM) {
			d := domxml.Drive{Row: compute.MachineDrive{Key: 1, Interface: "virtio-scsi"}, Device: "disk", Path: "/p", Format: "qcow2"}
			change(&d)
			vm.Drives = []domxml.Drive{d}
		}
	}
	nic := func(card, mac string) func(*domxml.VM) {
		return func(vm *domxml.VM) {
			vm.NICs = []domxml.NIC{{Row: compute.MachineNIC{Key: 1, Interface: card, Macaddress: mac}, Bridge: "b", Tap: "t"}}
		}
	}
	cases := []struct {
		name, field string
		change      func(*domxml.VM)
	}{
		{"NUL in the name", "name", func(vm *domxml.VM) { vm.Title = "a\x00b" }},
		{"line break in the name", "name", func(vm *domxml.VM) { vm.Title = "a\nb" }},
		{"broken UTF-8 in the name", "name", func(vm *domxml.VM) { vm.Title = "a\xffb" }},
		{"uuid", "uuid", func(vm *domxml.VM) { vm.UUID = "x" }},
		{"no CPU", "cpu_cores", func(vm *domxml.VM) { vm.Row.CPUCores = 0 }},
		{"too much memory", "ram", func(vm *domxml.VM) { vm.Row.RAM = 1<<20 + 1 }},
		{"CPU type", "cpu_type", func(vm *domxml.VM) { vm.Row.CPUType = "qemu64,+vmx" }},
		{"machine type", "machine_type", func(vm *domxml.VM) { vm.Row.MachineType = "isapc" }},
		{"Secure Boot without UEFI", "secure_boot", func(vm *domxml.VM) { vm.Row.SecureBoot = true }},
		{"Secure Boot on pc", "secure_boot", func(vm *domxml.VM) { vm.Row.UEFI, vm.Row.SecureBoot, vm.Row.MachineType = true, true, "pc" }},
		{"boot letter", "boot_order", func(vm *domxml.VM) { vm.Row.BootOrder = "cx" }},
		{"boot letter twice", "boot_order", func(vm *domxml.VM) { vm.Row.BootOrder = "cc" }},
		{"boot delay", "boot_delay", func(vm *domxml.VM) { vm.Row.BootDelay = 61 }},
		{"video", "video", func(vm *domxml.VM) { vm.Row.Video = "voodoo" }},
		{"sound", "sound", func(vm *domxml.VM) { vm.Row.Sound = "gus" }},
		{"console", "console", func(vm *domxml.VM) { vm.Row.Console = "x11" }},
		{"console password", "console_pass", func(vm *domxml.VM) { vm.ConsolePassword = "ninechars" }},
		{"IOMMU on pc", "iommu", func(vm *domxml.VM) { vm.Row.Iommu, vm.Row.MachineType = true, "pc" }},
		{"unknown option", "advanced", func(vm *domxml.VM) { vm.Row.Advanced = "qemu=-monitor stdio" }},
		{"value of an option", "advanced", func(vm *domxml.VM) { vm.Row.Advanced = "cpu_pin=0\"/><x" }},
		{"action without a watchdog", "advanced", func(vm *domxml.VM) { vm.Row.Advanced = "watchdog_action=reset" }},
		{"threads of an odd number", "advanced", func(vm *domxml.VM) { vm.Row.Advanced, vm.Row.CPUCores = "cpu_threads=2", 3 }},
		{"NUMA of an odd number", "advanced", func(vm *domxml.VM) { vm.Row.Advanced, vm.Row.CPUCores = "numa_cells=2", 3 }},
		{"native I/O with a cache", "advanced", drive(func(d *domxml.Drive) { d.Row.Advanced = "io=native" })},
		{"two TPMs", "type", func(vm *domxml.VM) {
			vm.Devices = []domxml.Device{{Row: compute.MachineDevice{Type: "tpm"}}, {Row: compute.MachineDevice{Type: "tpm"}}}
		}},
		{"a device of the host", "type", func(vm *domxml.VM) {
			vm.Devices = []domxml.Device{{Row: compute.MachineDevice{Type: "node_pci_devices"}}}
		}},
		{"clock", "rtc_base", func(vm *domxml.VM) { vm.Row.RTCBase = "moon" }},
		{"NVMe", "interface", drive(func(d *domxml.Drive) { d.Row.Interface = "nvme" })},
		{"unknown interface", "interface", drive(func(d *domxml.Drive) { d.Row.Interface = "x" })},
		{"CD-ROM on virtio", "interface", drive(func(d *domxml.Drive) { d.Row.Interface, d.Device = "virtio", "cdrom" })},
		{"media", "media", drive(func(d *domxml.Drive) { d.Device = "9p" })},
		{"disk without a file", "media", drive(func(d *domxml.Drive) { d.Path = "" })},
		{"format", "media", drive(func(d *domxml.Drive) { d.Format = "vmdk" })},
		{"serial", "serial", drive(func(d *domxml.Drive) { d.Row.Serial = "a,b" })},
		{"read-only SATA disk", "readonly", drive(func(d *domxml.Drive) { d.Row.Interface, d.Row.Readonly = "ahci", true })},
		{"NIC model", "interface", nic("ne2k", "52:54:00:00:00:01")},
		{"MAC", "macaddress", nic("virtio", "52:54:00")},
		{"multicast MAC", "macaddress", nic("virtio", "53:54:00:00:00:01")},
	}
	for _, c := range cases {
		vm := base()
		c.change(&vm)
		_, err := domxml.Marshal(&vm, &debian12)
		if e := errs.As(err); e == nil || e.Kind != errs.Invalid || e.Field != c.field {
			t.Errorf("%s: error %#v, want invalid on %s", c.name, err, c.field)
		}
	}
}

// TestOurFaults proves that what no user can set is not blamed on a field.
func TestOurFaults(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*domxml.VM){
		"instance":    func(vm *domxml.VM) { vm.Instance = `x"/>` },
		"accelerator": func(vm *domxml.VM) { vm.Accelerator = "xen" },
	} {
		vm := base()
		change(&vm)
		if _, err := domxml.Marshal(&vm, &debian12); err == nil || errs.As(err) != nil {
			t.Errorf("%s: error %v, want an untyped one", name, err)
		}
	}
}
