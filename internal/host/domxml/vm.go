// Package domxml turns a VM into libvirt's domain XML. It is pure: values in, XML out; one device per file, each a function of the
// VM and the domain that it completes, joined by the list in build.go. Whatever a user can set passes through libvirtxml (which escapes)
// and is checked first: what libvirt or QEMU would refuse comes back as errs.Invalid that names the field of the contract.
package domxml

import "dewpoint/internal/model/compute"

// VM is what a domain is made from: the rows as people wrote them, and what the node gives the machine.
type VM struct {
	Row compute.VM // what devices are made from; the fields below are for what it can't say

	Instance        string // this database's id, four hex digits
	MachineKey      int64
	UUID            string
	Title           string // the VM's name, shown by libvirt's tools
	Accelerator     string // "kvm" or "qemu"
	ConsolePassword string // opened; the row has it sealed
	Dir             string // the machine's own folder: serial log, firmware variables, folder of sockets
	Seed            string // path of the disk for cloud-init; empty for none
	Drives          []Drive
	NICs            []NIC
	Devices         []Device
}

// Drive is one disk or CD-ROM, in the order of machine_drives.orderid.
type Drive struct {
	Row    compute.MachineDrive
	Device string   // "disk" or "cdrom"
	Path   string   // empty for an empty CD-ROM drive
	Format string   // qcow2 or raw: never probed
	Layers []string // paths of the qcow2 files beneath it, the nearest first
}

// NIC is one network card, in the order of machine_nics.orderid.
type NIC struct {
	Row    compute.MachineNIC
	Bridge string
	Tap    string // name of the host's end, made by libvirt
}

// Device is what a VM has beside drives and NICs, in the order of machine_devices.orderid.
type Device struct {
	Row compute.MachineDevice
	TPM compute.MachineDeviceSettingsTpm // of one of the type tpm
}

// Host is what Build has to know of the node.
type Host struct {
	Emulator     string   // path of the QEMU program
	MachineTypes []string // that this QEMU has, as libvirt's capabilities list them
	Firmware     Firmware
	TPM          bool     // it can emulate TPMs
	CPUFlaws     []string // CPU features that host-passthrough must leave out here
	NoHostCPU    bool     // host-passthrough can't be had at all
}

// Firmware holds the paths of the UEFI images: code and template of the variables, each plain and for Secure Boot.
type Firmware struct {
	Code, Vars             string
	SecureCode, SecureVars string
}

// DebianFirmware is where Debian's package ovmf puts its images.
var DebianFirmware = Firmware{
	Code: "/usr/share/OVMF/OVMF_CODE_4M.fd", Vars: "/usr/share/OVMF/OVMF_VARS_4M.fd",
	SecureCode: "/usr/share/OVMF/OVMF_CODE_4M.secboot.fd", SecureVars: "/usr/share/OVMF/OVMF_VARS_4M.ms.fd",
}

// What lies in a machine's folder, which is root's.
const (
	SerialLog = "serial.log" // virtlogd writes it, as root
	nvramFile = "nvram.fd"   // libvirt makes it, as root, and gives it to QEMU's user
)

// SocketFolder is the one folder in there that is QEMU's, with its sockets: root opens nothing in it.
const (
	SocketFolder = "run"
	VNCSocket    = "vnc.sock"
	SPICESocket  = "spice.sock"
	SerialSocket = "serial.sock"
)
