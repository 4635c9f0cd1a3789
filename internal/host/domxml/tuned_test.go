package domxml_test

import (
	"path/filepath"

	"dewpoint/internal/host/domxml"
	"dewpoint/internal/model/compute"
)

// tuned has all that is unusual about a VM.
func tuned() domxml.VM {
	vm := base()
	vm.Row.CPUCores, vm.Row.Iommu, vm.Row.USBLegacy, vm.Row.SerialPort, vm.Row.DisablePowercycle, vm.Row.USBTablet = 4, true, true, true, true, true
	vm.Row.Advanced = "# all of them\nwatchdog=i6300esb\nwatchdog_action=pause\nrng=none\nballoon=none\nhpet=on\ncpu_threads=2\ncpu_features=+aes,-pcid\ncpu_pin=0\nnuma_cells=2\nhuge_pages=2M\n"
	for i, row := range []compute.MachineDrive{
		{Fsync: "0"}, {Fsync: "1", Optimize: "large", Disksize: 1 << 40}, {Optimize: "large", Disksize: 1 << 30}, {Advanced: "cache=none\nio=native\ndetect_zeroes=unmap"},
	} {
		row.Key, row.Interface = int64(i+1), "virtio"
		vm.Drives = append(vm.Drives, domxml.Drive{Row: row, Device: "disk", Path: filepath.Join("/pool", string(rune('a'+i))+".qcow2"), Format: "qcow2"})
	}
	vm.NICs = []domxml.NIC{
		{Row: compute.MachineNIC{Key: 1, Interface: "virtio", Macaddress: "52:54:00:12:34:01"}, Bridge: "dpa1b2b4", Tap: "dpa1b2t1"},
		{Row: compute.MachineNIC{Key: 2, Interface: "virtio", Macaddress: "52:54:00:12:34:02", DisableMq: true}, Bridge: "dpa1b2b4", Tap: "dpa1b2t2"},
	}
	return vm
}

// trusted has a TPM of its own.
func trusted() domxml.VM {
	vm := base()
	vm.Devices = []domxml.Device{{Row: compute.MachineDevice{Key: 1, Type: "tpm"}, TPM: compute.MachineDeviceSettingsTpm{Key: 1, Model: "tpm-tis", Version: "2.0"}}}
	return vm
}
