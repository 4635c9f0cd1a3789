package domxml_test

import (
	"testing"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/domxml"
)

// TestInvalid proves that what libvirt or QEMU can't take is refused before, and names its field.
func TestInvalid(t *testing.T) {
	t.Parallel()
	drive := func(change func(*domxml.Drive)) func(*domxml.VM) {
		return func(vm *domxml.VM) {
			d := domxml.Drive{Key: 1, Interface: "virtio-scsi", Media: "disk", Path: "/p", Format: "qcow2"}
			change(&d)
			vm.Drives = []domxml.Drive{d}
		}
	}
	nic := func(model, mac string) func(*domxml.VM) {
		return func(vm *domxml.VM) { vm.NICs = []domxml.NIC{{Key: 1, Model: model, MAC: mac, Bridge: "b", Tap: "t"}} }
	}
	cases := []struct {
		name, field string
		change      func(*domxml.VM)
	}{
		{"NUL in the name", "name", func(vm *domxml.VM) { vm.Title = "a\x00b" }},
		{"line break in the name", "name", func(vm *domxml.VM) { vm.Title = "a\nb" }},
		{"broken UTF-8 in the name", "name", func(vm *domxml.VM) { vm.Title = "a\xffb" }},
		{"uuid", "uuid", func(vm *domxml.VM) { vm.UUID = "x" }},
		{"no CPU", "cpu_cores", func(vm *domxml.VM) { vm.CPUs = 0 }},
		{"too much memory", "ram", func(vm *domxml.VM) { vm.RAMMiB = 1<<20 + 1 }},
		{"CPU type", "cpu_type", func(vm *domxml.VM) { vm.CPUType = "qemu64,+vmx" }},
		{"machine type", "machine_type", func(vm *domxml.VM) { vm.MachineType = "isapc" }},
		{"Secure Boot without UEFI", "secure_boot", func(vm *domxml.VM) { vm.SecureBoot = true }},
		{"Secure Boot on pc", "secure_boot", func(vm *domxml.VM) { vm.UEFI, vm.SecureBoot, vm.MachineType = true, true, "pc" }},
		{"boot letter", "boot_order", func(vm *domxml.VM) { vm.BootOrder = "cx" }},
		{"boot letter twice", "boot_order", func(vm *domxml.VM) { vm.BootOrder = "cc" }},
		{"boot delay", "boot_delay", func(vm *domxml.VM) { vm.BootDelaySeconds = 61 }},
		{"video", "video", func(vm *domxml.VM) { vm.Video = "voodoo" }},
		{"sound", "sound", func(vm *domxml.VM) { vm.Sound = "gus" }},
		{"console", "console", func(vm *domxml.VM) { vm.Console = "x11" }},
		{"console password", "console_pass", func(vm *domxml.VM) { vm.ConsolePassword = "ninechars" }},
		{"clock", "rtc_base", func(vm *domxml.VM) { vm.RTCBase = "moon" }},
		{"NVMe", "interface", drive(func(d *domxml.Drive) { d.Interface = "nvme" })},
		{"unknown interface", "interface", drive(func(d *domxml.Drive) { d.Interface = "x" })},
		{"CD-ROM on virtio", "interface", drive(func(d *domxml.Drive) { d.Interface, d.Media = "virtio", "cdrom" })},
		{"media", "media", drive(func(d *domxml.Drive) { d.Media = "9p" })},
		{"disk without a file", "media", drive(func(d *domxml.Drive) { d.Path = "" })},
		{"format", "media", drive(func(d *domxml.Drive) { d.Format = "vmdk" })},
		{"serial", "serial", drive(func(d *domxml.Drive) { d.Serial = "a,b" })},
		{"read-only SATA disk", "readonly", drive(func(d *domxml.Drive) { d.Interface, d.ReadOnly = "ahci", true })},
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
