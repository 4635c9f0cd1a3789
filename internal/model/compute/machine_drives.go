package compute

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// machineDrives declares the disks and CD-ROM drives of machines.
func machineDrives() *schema.Table {
	return &schema.Table{
		Name: "machine_drives", Title: "Drive", LogType: "vm", Parent: "machine", Queue: "machine", Wakes: []string{"storage", "vm"}, Tombstone: true,
		Doc: "Disks and CD-ROM drives of a machine.", Check: func(r *schema.Record) error {
			_, err := DriveOptions(r.Get("advanced").Text())
			return err
		},
		Actions: schema.Actions{{
			Name: "export", Doc: "make a media file of the disk. It takes the rights to read its VM and to create files",
			Params: schema.Fields{
				schema.Enum("format", DiskFormats...).Default("qcow2"), schema.Filename("name").Doc("of the file; the VM's and the drive's if not given"),
				schema.Bool("quiesce").Doc("ask the guest to flush its data to disk first"),
			},
			Answers: schema.Fields{schema.JSON("response").Doc("filekey: the key of the file, which is complete once the operation is")},
		}},
		Fields: schema.Fields{
			schema.String("name").Len(1, 128).Match(column.Printable, column.NotPrintable).Summary().Doc("drive_N if not given"),
			schema.Uint32("orderid").Summary().Doc("the next free number if not given").AtStart().Label("Order"),
			schema.Enum("interface", "virtio-scsi", "virtio", "virtio-scsi-dedicated", "ide", "ahci", "nvme", "usb", "lsi53c895a", "megasas",
				"megasas-gen2", "mptsas1068", "cifs", "nfs", "vsan", "pflash", "direct", "tpm_state").Default("virtio-scsi").
				OnlyYet("a drive can't be attached so; use virtio-scsi, virtio, ahci, ide or usb. Firmware variables and TPM state come with uefi and with a TPM among machine_devices",
					"virtio-scsi", "virtio", "virtio-scsi-dedicated", "ide", "ahci", "usb", "lsi53c895a", "megasas", "mptsas1068").Summary().AtStart().Section("Connection"),
			schema.Enum("media", "disk", "cdrom", "efidisk", "import", "9p", "dir", "clone", "clone9p", "clonedir", "nonpersistent",
				"nonpersistent9p", "nonpersistentdir").Default("disk").CreateOnly().
				OnlyYet("use disk, cdrom, import or clone. A VM with uefi keeps its firmware variables by itself; folders can't be attached, and disks that forget can't be had", "disk", "cdrom", "import", "clone").Summary().Section("Disk"),
			schema.LongText("description").Len(0, 2048),
			schema.Enabled("enabled").Summary().AtStart(),
			schema.String("serial").Len(0, 64).Match(column.Serial, "a serial number (letters, digits, space _ . + -)").AtStart().Section("Connection"),
			column.Tier("preferred_tier").Default("1").AtStart().Section("Disk"),
			schema.Bool("readonly").AtStart().Section("Connection").Label("Read-only"),
			schema.Filesize("disksize").Range(0, 64<<40).Summary().When("media", "disk", "import", "clone").AtStart().Section("Disk").Label("Size"),
			schema.Fileused("used_bytes").Default(0),
			schema.Row("media_source", "files").Restrict().When("media", "cdrom", "import", "clone").AtStart().Section("Disk"),
			schema.Row("machine", "machines").Required().Summary(),
			schema.Row("status", "machine_drive_status").Twin("parent_drive"),
			schema.Row("stats", "machine_drive_stats").Twin("parent_drive"),
			schema.Rows("history", "machine_drive_stats_history_short", "parent_drive").Hidden(),
			schema.Rows("history_long", "machine_drive_stats_history_long", "parent_drive").Hidden(),
			schema.Row("physical_status", "machine_drive_phys").ReadOnly(),
			schema.Bool("preserve_drive_format").OnlyYet("disks are stored as qcow2, whatever they were imported from").Section("Disk"),
			schema.Enum("optimize", "general", "large").AtStart().Section("Disk").Doc("large keeps the whole map of a large disk in memory, 1 MiB for each 8 GiB"),
			schema.Enum("fsync", "", "0", "1").AtStart().Section("Connection").Label("Flush writes").Doc("1: each write is on the host's disk before it counts as done; 0: flushes of the guest are ignored, and a crash of the host may cost the disk; empty: as the guest asks"),
			schema.Bool("discard").Default(true).AtStart().Section("Connection"),
			schema.LongText("advanced").Len(0, 65536).AtStart().Section("Other").Doc("for administrators: a line for each option, as in cache=none (docs/ops/advanced-options.md)"),
			schema.String("asset").Len(0, 32).Match(column.Printable, column.NotPrintable).Section("Other"),
			schema.String("creator").Creator(),
			column.StorageID(),
			schema.Int64("base").ReadOnly().Hidden().Default(0).Indexed().Doc("the row of drive_layers that the disk's own file builds upon; 0 for none"),
			schema.Int64("generation").ReadOnly().Hidden().Default(0).Doc("of the disk's own file, in its name; it grows when the one before becomes a layer"),
			schema.Int64("generations").ReadOnly().Hidden().Default(0).Doc("the last generation that was given away"),
			schema.Int64("origin").ReadOnly().Hidden().Default(0).Indexed().Doc("the drive that this is a frozen state of; such a one has no file of its own, only its base"),
			schema.Int64("clone_of").ReadOnly().Hidden().Doc("the drive whose content this one is to get; null once it has it"),
			schema.Modified("modified"),
		},
	}
}
