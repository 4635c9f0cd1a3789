package compute

import (
	"dewpoint/internal/errs"
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// vms declares what a virtual machine shall be. What it is (running or not, where) stands on its machine.
func vms() *schema.Table {
	return &schema.Table{
		Name: "vms", Title: "VM", Queue: "machine", LogType: "vm", Wakes: []string{"vm"}, Owner: "owner", Aside: "is_snapshot", Explained: true,
		Doc:         "Virtual machines with their settings. Each has a machine, which holds its drives, NICs and state.",
		ActionTable: "vm_actions", ActionRef: "vm", Actions: vmActions(), Check: checkVM,
		Views: map[string]string{
			"dashboard": "most,machine[$key,name,drives[$key,name,interface,media,description,preferred_tier,media_source[$key,used_bytes,allocated_bytes,filesize],status#status as status],nics[$key,name,interface,vnet#$display as vnet,status#display(status) as status,ipaddress,macaddress],status[agent_guest_info,running,status,state]]",
		},
		Fields: schema.Fields{
			schema.String("name").Required().Unique().Summary().AtStart().Len(1, 128).Match(column.Printable, column.NotPrintable).Doc("display name; can be used again once the VM is deleted"),
			schema.LongText("description").Len(0, 2048).Summary(),
			schema.Row("machine", "machines").Owned(schema.Set{"type": schema.TextValue("vm")}).Summary(),
			schema.Created("created"),
			schema.Modified("modified"),
			schema.Bool("is_snapshot").ReadOnly(),
			schema.Enum("console", "vnc", "spice", "serial", "none").Default("vnc").Section("Console and devices").AtStart(),
			schema.Row("console_status", "machine_console").Via("machine#console_status"),
			schema.Enabled("enabled").Summary(),
			schema.Uint32("cpu_cores").Default(1).Range(1, 255).Summary().Section("Hardware").AtStart().Label("CPU cores"),
			schema.Uint32("ram").Default(1024).Range(256, 1048576).Unit("MiB").Summary().Section("Hardware").AtStart(),
			schema.Enum("os_family", "linux", "windows", "freebsd", "other").Default("linux").Labels("freebsd", "FreeBSD").Summary().Section("Guest").Label("Operating system"),
			schema.String("os_description").Len(0, 2048).Section("Guest"),
			schema.Bool("guest_agent").Section("Guest").Doc("the guest runs QEMU's agent, which is asked to power off before the power button is pressed. Its channel is always there"),
			schema.Bool("uefi").Section("Hardware").AtStart(),
			schema.Bool("secure_boot").Section("Hardware").When("uefi", "true").AtStart(),
			schema.String("machine_type").Default("q35").Match(column.MachineType, "a machine type such as q35, pc or pc-q35-9.0").Doc("the preferred machine type. If the node doesn't have it, the VM runs with the nearest lower version").
				ListedIn("nodes", "machine_types").Section("Hardware").AtStart(),
			schema.Enum("cloudinit_datasource", "none", "config_drive_v2", "nocloud").Default("none").Section("Guest").AtStart(),
			schema.JSON("cloudinit_files").CreateOnly().Argument().Doc("a list of objects with name and contents: each becomes a row of `cloudinit_files`, and nothing stays here"),
			schema.String("uuid").CreateOnly().Unique().Match(column.UUID, "a UUID"),
			schema.AnyRow("owner", "vms", "tenants", "tenant_nodes", "vm_services", "vm_recipes").Forgets().ReadOnly(),
			schema.Row("owner_user", "users").Section("Other"),
			schema.String("creator").Creator(),
			schema.Enum("cpu_type", column.CPUTypes...).Section("Hardware").AtStart(),
			schema.Bool("iommu").Section("Hardware").AtStart().Label("IOMMU").Doc("gives the guest an IOMMU of its own, for nested passthrough; needs a machine type of the q35 family"),
			schema.Bool("usb_legacy").Section("Console and devices").AtStart().Label("USB 2 only").Doc("USB 1.1 and 2 controllers instead of USB 3, for guests that know no other"),
			schema.Enum("boot_order", "cd", "cdn", "dc", "nc", "n", "c", "d", "strict").Default("cd").Doc("c: disk, d: CD-ROM, n: network").Section("Boot").AtStart(),
			schema.Uint32("boot_delay").Default(5).Range(0, 60).Unit("seconds").Section("Boot").AtStart(),
			schema.Enum("video", "std", "cirrus", "vmware", "qxl", "virtio", "none").Default("std").Section("Console and devices").AtStart(),
			schema.Enum("sound", "none", "sb16", "es1370", "ac97", "adlib", "gus", "cs4231a", "hda", "pcspk").Default("none").
				OnlyYet("such a sound card can't be had; use hda, ac97, es1370, sb16 or none", "none", "sb16", "es1370", "ac97", "hda").Section("Console and devices").AtStart(),
			schema.Bool("serial_port").Section("Console and devices").AtStart().Label("Second serial port").Doc("a second serial port; the first one is always there, for the console"),
			schema.Enum("rtc_base", "utc", "localtime").Default("utc").Section("Hardware").AtStart().Label("Clock"),
			schema.Bool("allow_hotplug").Default(true).Section("Console and devices").AtStart().Doc("leave room for drives, cards and CPUs that are added while the VM runs, and let them and its memory change"),
			schema.Bool("nested_virtualization").Section("Hardware").AtStart(),
			schema.Bool("disable_hypervisor").Section("Hardware").AtStart(),
			schema.Bool("allow_export").Default(true).Section("Other"),
			schema.Enum("migration_method", "auto", "live").Default("auto").Section("Placement and power"),
			schema.Uint32("power_cycle_timeout").Default(0).Range(0, 65535).Unit("seconds").Section("Placement and power").Doc("how long the guest has to power off when asked to; then its power is cut. 0 for any time"),
			schema.Bool("need_restart").ReadOnly().Doc("the guest runs with other values than the columns have; it gets these at its next start"),
			schema.String("restart_reason").ReadOnly().Doc("what waits for the next start, such as ram, machine_nics/5#vnet, machine_drives/7"),
			schema.Enum("created_from", "import", "import_vmx", "import_ovf", "import_vmware", "import_shared", "clone", "recipe", "custom", "terraform").Default("custom").CreateOnly().Section("Other"),
			schema.Bool("imported").Section("Other"),
			schema.Bool("console_pass_enabled").Section("Console and devices").AtStart(),
			schema.String("console_pass").Len(0, 256).Sealed().Section("Console and devices").When("console_pass_enabled", "true").AtStart(),
			schema.Bool("usb_tablet").Default(true).Section("Console and devices").AtStart().Label("USB tablet"),
			schema.Bool("disable_powercycle").Section("Placement and power").AtStart().Doc("a guest that restarts goes off instead"),
			schema.LongText("advanced").Len(0, 65536).Section("Other").AtStart().Doc("for administrators: a line for each option, as in watchdog=i6300esb (docs/ops/advanced-options.md)"),
			schema.LongText("note").Len(0, 1024).Section("Other"),
			schema.JSON("meta").ReadOnly(),
			schema.String("display").Section("Other"),
			schema.Row("paste_key_config", "vm_paste_configs").Section("Console and devices").Doc("by which keyboard the action paste types"),
			schema.Row("parent_vm", "vms").ReadOnly(),
			schema.AnyRow("kept_by", "machine_snapshots").Follows().ReadOnly().Hidden().Doc("the snapshot that this is the VM of"),
			schema.Row("status", "machine_status").Via("machine#status").Argument(),
			schema.Rows("favorites", "vm_favorites", "vm").Hidden(),
			schema.Uint32("id").Via("machine#$key").Argument().Blank().Doc("always null; name machine#$key as id to see it"),
			schema.Row("cluster", "clusters").Forward("machine").Most().NamedText().Section("Placement and power"),
			schema.Row("cluster_failover", "clusters").Forward("machine").Section("Placement and power"),
			schema.Row("preferred_node", "nodes").Forward("machine").Most().NamedText().Section("Placement and power"),
			schema.Row("snapshot_profile", "snapshot_profiles").Forward("machine").Most().NamedText().Section("Placement and power"),
			schema.String("ha_group").Forward("machine").Section("Placement and power"),
			column.PowerLoss().Default("last_state").Forward("machine").Section("Placement and power"),
			schema.Bool("powerstate").Via("machine#status#powerstate").Argument().Doc("true in a create or update requests power on"),
		},
	}
}

func vmActions() schema.Actions {
	later := "this action isn't supported for VMs yet"
	return append(append(powerActions(), agentActions()...), schema.Actions{
		{Name: "refresh", Doc: "update the VM's state"},
		hotplugDriveAction(),
		{Name: "migrate", NotBuilt: later},
		{Name: "move", NotBuilt: later},
		cloneAction(),
		exportAction(),
		releaseAction(),
		{Name: "snapshot", Doc: "take a snapshot", Params: snapshotParams()},
		{Name: "quiesce_snapshot", Doc: "take a snapshot for which the guest's agent flushes its file systems", Params: snapshotParams()},
		{
			Name: "restore", By: "machine",
			Doc: "go back to a snapshot, or make a new VM of what the VM was then. The VM may be given by its key, by its machine's, or by that of the snapshot's machine",
			Params: schema.Fields{
				schema.Row("snapshot_id", "machine_snapshots"), schema.Row("snapshot", "machine_snapshots"), schema.String("name").Len(0, 128).Doc("of a new VM; this one stays as it is then"),
				schema.Bool("preserve_macs").Doc("of a new VM: refused while another VM has them"), schema.Bool("poweron"), schema.Bool("paused").Doc("leave the guest standing; only with memory"),
			},
			Answers: schema.Fields{schema.JSON("response").Doc("of a new VM: vmkey, machinekey, machinestatuskey and clusterkey, all as texts")},
		},
		hotplugNICAction(),
		changeCDAction(),
		changeNetAction(),
		{
			Name: "paste", Operation: Paste{}.Operation(), Doc: "type text into the running guest, as by its keyboard",
			Params: schema.Fields{schema.LongText("text").Required().Len(1, MostPasted).Example("uptime")},
		},
		{Name: "recover_cloudsnapshot", NotBuilt: later},
		{Name: "fsync_strict", Doc: "set fsync of all disks to 1: each write is on the host's disk before it counts as done. A running guest gets it at its next start"},
		{
			Name: "erase_drive", Doc: "make a disk empty; its size stays. Refused while a guest has the disk. Snapshots keep what they have of it",
			Params: schema.Fields{schema.Row("drive", "machine_drives").Doc("has to be named")},
		},
	}...)
}

// cloneAction copies a VM, or what a VM was at a snapshot.
func cloneAction() schema.Action {
	return schema.Action{
		Name: "clone",
		Doc: "make a VM that is as this one is now, but off. It gets a UUID and MAC addresses of its own, and no console password. Its disks build upon this VM's at once, " +
			"or are copied where full is set; it can be started once they are made. It takes the rights to read this VM and to create VMs",
		Params: schema.Fields{
			schema.String("name").Required().Len(1, 128), schema.LongText("description").Len(0, 2048), schema.Bool("quiesce").Doc("ask the guest to flush its data to disk first"),
			schema.Bool("preserve_macs").Doc("refused while another VM has them"), schema.Bool("preserve_device_uuids").Doc("a TPM of the new VM holds what this VM's does, so that it opens what that one has sealed; else it begins empty"),
			schema.Row("cluster", "clusters"),
			schema.Bool("full").Doc("copy the disks"), column.Tier("preferred_tier").Doc("where the new disks lie; as this VM's if not given"),
		},
		Answers: schema.Fields{schema.JSON("response").Doc("vmkey, machinekey, machinestatuskey and clusterkey, all as texts")},
	}
}

// exportAction makes a file of a VM.
func exportAction() schema.Action {
	return schema.Action{
		Name: "export",
		Doc: "make an OVA of the VM: its hardware and its disks, in one media file. A VM that runs is exported as it is at that moment. " +
			"It takes the rights to read this VM and to create files",
		Params: schema.Fields{
			schema.Filename("name").Doc("of the file; the VM's name if not given"), schema.Bool("quiesce").Doc("ask the guest to flush its data to disk first"),
		},
		Answers: schema.Fields{schema.JSON("response").Doc("filekey: the key of the file, which is complete once the operation is")},
	}
}

// releaseAction gives a VM to libvirt.
func releaseAction() schema.Action {
	return schema.Action{
		Name: "release",
		Doc: "give the VM, which must be off and have no snapshots, to libvirt: it becomes an ordinary domain with its UUID, hardware, firmware variables, TPM and addresses of cards, and with " +
			"copies of its disks in a folder of their own. The VM is then no more, and nothing here touches the domain. Only administrators can do it",
		Params: schema.Fields{
			schema.String("name").Len(1, 128).Match(column.Printable, column.NotPrintable).Doc("of the domain; the VM's if not given"),
			schema.String("network").Len(1, 64).Match(column.Printable, column.NotPrintable).Doc("the network of libvirt that its cards are plugged into; default if not given"),
			schema.String("bridge").Len(1, 15).Match(column.Printable, column.NotPrintable).Doc("the bridge of the host that its cards are plugged into, instead of a network"),
		},
	}
}

func checkVM(r *schema.Record) error {
	if column.UUID.MatchString(r.Get("name").Text()) {
		return errs.Field("name", "must not look like a UUID, because VMs can be addressed by name or UUID")
	}
	if r.Get("secure_boot").Bool() && !r.Get("uefi").Bool() {
		return errs.Field("secure_boot", "needs uefi")
	}
	_, err := VMOptions(r.Get("advanced").Text())
	return err
}

func snapshotParams() schema.Fields {
	return schema.Fields{
		schema.String("name").Len(0, 128), schema.LongText("description").Len(0, 2048), schema.Bool("quiesce"), schema.Bool("memory"),
		schema.Uint32("retention").Unit("seconds"),
	}
}
