package compute

import (
	"encoding/json"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// vmTemplates declares shapes of VMs from which new ones are made. VergeOS has no such table: there they are recipes. Columns have the names of the
// resource API's members, so that a template is written in one way everywhere.
func vmTemplates() *schema.Table {
	return &schema.Table{
		Name: "vm_templates", Title: "VM template", LogType: "vm", Check: checkTemplate,
		Doc: "Shapes that VMs are made in: how much of what, for which operating system. The resource API makes VMs from them. A template holds no disk's content; clone a VM for that.",
		Fields: schema.Fields{
			schema.String("name").Required().Unique().Summary().Len(1, 128).Match(column.Printable, column.NotPrintable),
			schema.LongText("description").Len(0, 2048).Summary(),
			schema.Enum("os_type", "linux", "windows", "bsd", "other", "hvm").Labels("bsd", "BSD", "hvm", "HVM").Required().Summary().Section("Guest"),
			schema.String("os_variant").Len(0, 256).Section("Guest"),
			schema.Uint32("min_memory").Required().Range(256, 1048576).Unit("MiB").Summary().Section("Size"),
			schema.Uint32("recommended_memory").Range(256, 1048576).Unit("MiB").Doc("what a VM gets that is made without a value").Section("Size"),
			schema.Uint32("min_vcpus").Required().Range(1, 255).Summary().Label("Minimum vCPUs").Section("Size"),
			schema.Uint32("recommended_vcpus").Range(1, 255).Doc("what a VM gets that is made without a value").Label("Recommended vCPUs").Section("Size"),
			schema.Uint32("min_disk").Required().Range(1, 65536).Unit("GiB").Summary().Section("Size"),
			schema.Uint32("recommended_disk").Range(1, 65536).Unit("GiB").Doc("what a VM gets that is made without a value").Section("Size"),
			schema.Enum("disk_format", "qcow2", "raw", "vmdk", "qed", "vdi").Default("qcow2").OnlyYet("disks are stored as qcow2", "qcow2").Section("Hardware"),
			schema.Enum("network_model", "virtio", "e1000", "rtl8139").Default("virtio").Doc("of the card, where a VM is made with one").Section("Hardware"),
			schema.Enum("graphics_type", "vnc", "spice", "none", "egl-headless").Default("vnc").OnlyYet("a VM can have no such screen; use vnc, spice or none", "vnc", "spice", "none").Section("Hardware"),
			schema.Bool("cloud_init").Doc("the system that shall run in it reads cloud-init's data").Section("Guest"),
			schema.Bool("uefi_boot").Label("UEFI").Section("Hardware"),
			schema.Bool("secure_boot").When("uefi_boot", "true").Section("Hardware"),
			schema.Bool("tpm").Label("TPM").Section("Hardware"),
			schema.String("default_user").Len(0, 64).Match(column.Printable, column.NotPrintable).Doc("to log in as").Section("Guest"),
			schema.JSON("metadata").Doc("an object of texts, which VMs made from it get").Section("Guest"),
			schema.String("creator").Creator(),
			schema.Created("created"),
			schema.Modified("modified"),
		},
	}
}

// checkTemplate refuses a template that no VM could be made from as it recommends.
func checkTemplate(r *schema.Record) error {
	for _, what := range []string{"memory", "vcpus", "disk"} {
		least, wanted := r.Get("min_"+what), r.Get("recommended_"+what)
		if !wanted.IsNull() && wanted.Int() < least.Int() {
			return errs.Field("recommended_"+what, "must not be less than min_%s, %d", errs.Ours(what), least.Int())
		}
	}
	if r.Get("secure_boot").Bool() && !r.Get("uefi_boot").Bool() {
		return errs.Field("secure_boot", "needs uefi_boot")
	}
	var object map[string]any
	if v := r.Get("metadata"); !v.IsNull() && json.Unmarshal([]byte(v.Text()), &object) != nil {
		return errs.Field("metadata", "must be an object")
	}
	return nil
}
