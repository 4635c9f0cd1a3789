// Package compute has the operations on virtual machines.
package compute

import (
	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/ws"
	"dewpoint/internal/mark"
)

type service struct {
	*frame.Server
	host     mark.Instance // names what is on the host
	consoles ws.Consoles
}

// Operations registers all operations of the area. Instance is the database's mark.
func Operations(on *frame.Server, instance string, consoles ws.Consoles, known OSVariants) {
	addOSVariants(on, known)
	addCapabilities(&service{Server: on, host: mark.Instance(instance), consoles: consoles})
	for _, family := range Families {
		for _, add := range []func(*service, Family){addReads, addPCIDevices, addCreate, addUpdate, addDelete, addActions, addConsole, addTemplates, addFromTemplate, addClone, addSnapshots, addSnapshotRevert, addImport, addExport, addMetrics, addHotplug, addNetworkLink} {
			add(&service{Server: on, host: mark.Instance(instance), consoles: consoles}, family)
		}
	}
}

// Family is a path of VMs, and what the ids of operations below it end in.
type Family struct{ Path, Suffix string }

// Families are the paths of VMs: the one of the specification, and the one of older scripts.
var Families = []Family{{"/virtualization/computes", ""}, {"/virtualization/virtualmachines", "-alias"}}

func (f Family) operation(id, method, path, summary string) frame.Operation {
	return frame.Operation{ID: id + f.Suffix, Method: method, Path: f.Path + path, Summary: summary, Tag: "virtual machines", Codes: computeCodes}
}

var computeCodes = frame.Codes{Invalid: "INVALID_VM_CONFIG", Body: "INVALID_REQUEST", NotFound: "VM_NOT_FOUND", Exists: "VM_NAME_EXISTS", InUse: "VM_DISK_IN_USE", Fields: map[string]string{
	"name": "INVALID_VM_NAME", "uefi": "INVALID_FIRMWARE_CONFIG", "secure_boot": "INVALID_FIRMWARE_CONFIG", "action": "INVALID_REQUEST", "remove_disks": "INVALID_REQUEST",
}, Members: map[string]string{
	"ram": "memory", "cpu_cores": "vcpus", "os_description": "os_variant", "on_power_loss": "autostart", "console_pass": "graphics.password", "console": "graphics.type",
	"disksize": "disks.size", "media_source": "disks.path", "preferred_tier": "disks.storage_pool", "interface": "bus",
	"contents": "cloud_init", "cloudinit_datasource": "cloud_init", "vnet": "networks.source", "macaddress": "networks.mac",
}}
