package compute

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// Why some columns of vm_imports take no value.
const (
	noVolumes = "a VM is imported from media files; upload the OVA, or the OVF with its disks, and name it in file"
	noShared  = "shared objects aren't supported; upload the VM as a file, and name it in file"
)

// vmImports declares jobs that build a VM from uploaded files.
func vmImports() *schema.Table {
	return &schema.Table{
		Name: "vm_imports", Title: "VM import", Key: schema.HashKey, KeyField: "id", LogType: "vm_import",
		Doc: "Jobs that create a VM from uploaded files: an OVA, or an OVF beside the disks that it names. Creating the row begins the import. " +
			"Its lines in `vm_import_logs` say what is done and what isn't as it was. With dry_run they are all that is made.",
		Fields: schema.Fields{
			schema.String("id").Via("$key").Summary(),
			schema.String("name").Required().Summary().Len(1, 128).Match(column.Printable, column.NotPrintable).Doc("of the VM"),
			schema.Row("vm", "vms").OnlyYet("an import makes a new VM; leave vm out").Summary(),
			schema.String("uuid").ReadOnly().Doc("the VM's"),
			schema.Row("file", "files").Required().CreateOnly().Summary().Doc("the OVA or OVF; it must be uploaded completely"),
			schema.TextRow("volume", "volumes").CreateOnly().OnlyYet(noVolumes),
			schema.String("volume_path").CreateOnly().Len(0, 4096).OnlyYet(noVolumes),
			schema.Enum("status", "initializing", "importing", "complete", "aborted", "error", "warning").Default("initializing").ReadOnly().Summary().
				Doc("warning: it is complete, but not all is as it was"),
			schema.String("status_info").ReadOnly().Summary(),
			schema.Bool("importing").ReadOnly(),
			schema.Bool("aborted").ReadOnly(),
			schema.Bool("dry_run").CreateOnly().Doc("only say in `vm_import_logs` what would be done"),
			schema.Bool("preserve_macs").Default(true).Label("Preserve MACs").Section("Options").Doc("where no other card has them"),
			schema.Bool("preserve_drive_format").OnlyYet("disks are stored as qcow2, whatever they were imported from").Section("Options"),
			column.Tier("preferred_tier").Section("Options"),
			schema.Uint32("shared_object").CreateOnly().OnlyYet(noShared),
			schema.Bool("no_optical_drives").Section("Options"),
			schema.Enum("override_drive_interface", "", "virtio-scsi", "virtio", "ide", "ahci", "usb", "lsi53c895a", "megasas", "mptsas1068").Section("Options").
				Doc("for all disks, whatever the file says"),
			schema.Enum("override_nic_interface", "", "virtio", "e1000", "e1000e", "rtl8139", "pcnet", "igb", "vmxnet3").Section("Options").Doc("for all cards"),
			schema.Bool("cleanup_on_delete").CreateOnly().OnlyYet("the file stays; delete it once the import is complete").Section("Options"),
			schema.Uint64("timestamp").ReadOnly().Unit("seconds since 1970").Doc("when it was begun"),
			schema.Modified("modified"),
			schema.Int64("operation").ReadOnly().Hidden().Doc("the last one"),
			schema.Rows("logs", "vm_import_logs", "vm_import").Hidden(),
		},
		Actions: schema.Actions{
			{Name: "import", Doc: "import again what failed, was aborted, or was a dry run"},
			{Name: "abort", Doc: "stop, and remove what was made"},
		},
	}
}
