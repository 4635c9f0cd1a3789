package storage

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// FileTypes are the media types that the table API knows.
var FileTypes = []string{
	"iso", "img", "qcow", "qcow2", "qed", "raw", "vdi", "vhd", "vhdx", "vmdk", "ova", "ovf", "vmx", "9p", "dir", "png", "jpg", "svg",
	"webp", "ybvm", "nvram", "unknown", "ico", "diagnostics", "zip", "lrq", "run",
}

// files declares media: ISOs, disk images and the like, whose bytes lie in the data directory.
func files() *schema.Table {
	return &schema.Table{
		Name: "files", Title: "File", Bytes: schema.SentBytes, LogType: "file", Wakes: []string{"storage"}, Tombstone: true,
		Doc: "Media files. Create a file with its size, then send its bytes with PUT files/{key}?filepos=N in any order. Read them with ?download=1.",
		Fields: schema.Fields{
			schema.Filename("name").Required().Summary().Indexed(),
			schema.Enum("type", FileTypes...).CreateOnly().Summary().Doc("taken from the name's extension if not given"),
			schema.LongText("description").Len(0, 2048).Summary(),
			schema.Fileallocated("allocated_bytes").CreateOnly().Default(0).Doc("the size of the upload, in bytes"),
			schema.Filesize("filesize").ReadOnly().Default(0).Summary().Doc("bytes received from the start of the file without a gap"),
			schema.Fileused("used_bytes").Default(0),
			column.Tier("preferred_tier"),
			schema.FileModified("modified"),
			schema.String("creator").Creator(),
			schema.Row("owner", "machine_drives").ReadOnly(),
			schema.String("url").CreateOnly().Len(0, 2048).
				OnlyYet("download from a URL isn't supported yet; create the file with allocated_bytes and PUT its bytes").Doc("the source of a download"),
			schema.Num("used_pct").ReadOnly(),
			schema.Created("created").Argument(),
			schema.String("uuid").ReadOnly().Hidden().Unique().Doc("the resource API's id"),
			schema.Bool("complete").ReadOnly().Hidden().Doc("all bytes were received"),
			schema.String("sha256").ReadOnly().Argument(),
			schema.String("md5").ReadOnly().Hidden().Doc("for clients that compare it; sha256 is the one to trust"),
			schema.Uint64("last_used").ReadOnly().Hidden().Unit("seconds since 1970").Doc("when a VM with it was last started"),
			schema.Rows("chunks", "file_chunks", "file").Hidden(),
			column.StorageID(),
			schema.JSON("metadata").ReadOnly().Hidden().Doc("metadata of an uploaded ISO: os_type, architecture …"),
		},
	}
}
