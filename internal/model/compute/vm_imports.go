package compute

import "dewpoint/internal/schema"

const noImports = "whole VMs can't be imported yet; create the VM, and give it a drive with media import and the uploaded disk as media_source"

// vmImports declares jobs that build a VM from uploaded files.
func vmImports() *schema.Table {
	return &schema.Table{
		Name: "vm_imports", Title: "VM import", Key: schema.HashKey, KeyField: "id", LogType: "vm_import", NotBuilt: noImports,
		Doc: "Jobs that create a VM from uploaded files.",
		Fields: schema.Fields{
			schema.String("id").Via("$key").Summary(),
			schema.String("name").Required().Summary().Len(1, 128),
			schema.Row("vm", "vms").Summary(),
			schema.String("uuid").ReadOnly(),
			schema.Row("file", "files").CreateOnly().Summary(),
			schema.TextRow("volume", "volumes").CreateOnly(),
			schema.String("volume_path").CreateOnly().Len(0, 4096),
			schema.Enum("status", "initializing", "importing", "complete", "aborted", "error", "warning").Default("initializing").ReadOnly().Summary(),
			schema.String("status_info").ReadOnly().Summary(),
			schema.Bool("importing").ReadOnly(),
			schema.Bool("aborted").ReadOnly(),
			schema.Bool("preserve_macs").Default(true).Label("Preserve MACs").Section("Options"),
			schema.Bool("preserve_drive_format").Section("Options"),
			schema.String("preferred_tier").Len(0, 16).Section("Options"),
			schema.Uint32("shared_object").CreateOnly(),
			schema.Bool("no_optical_drives").Section("Options"),
			schema.String("override_drive_interface").Len(0, 32).Section("Options"),
			schema.String("override_nic_interface").Len(0, 32).Section("Options"),
			schema.Bool("cleanup_on_delete").CreateOnly().Section("Options"),
			schema.Uint64("timestamp").ReadOnly().Unit("seconds since 1970"),
			schema.Modified("modified"),
			schema.Rows("logs", "vm_import_logs", "vm_import").Hidden(),
		},
		Actions: schema.Actions{{Name: "import", NotBuilt: noImports}, {Name: "abort", NotBuilt: noImports}},
	}
}
