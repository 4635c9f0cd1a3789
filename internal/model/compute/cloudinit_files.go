package compute

import (
	"regexp"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// cloudinitName is a name as cloud-init's sources have them, with the slash that the clients' libraries put before it.
var cloudinitName = regexp.MustCompile(`^/?[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$`)

// cloudinitFiles declares what cloud-init is to find in a VM.
func cloudinitFiles() *schema.Table {
	return &schema.Table{
		Name: "cloudinit_files", Title: "Cloud-init file", LogType: "vm", Owner: "owner",
		Unique: []schema.Unique{schema.Together("owner", "name")},
		Bytes:  schema.TextBytes, Check: checkCloudinitFile,
		Doc: "Files for cloud-init in a VM. A VM whose cloudinit_datasource isn't none finds them at its start on a CD-ROM: user-data, meta-data, vendor-data and network-config where the source " +
			"has them, any other by its own name. meta-data is completed with an instance id and a host name.",
		Fields: schema.Fields{
			schema.String("name").Required().Summary().Len(1, 256).Match(cloudinitName, "the name of a file such as /user-data").Example("/user-data").AtStart(),
			schema.AnyRow("owner", "vms").Required().CreateOnly().Follows().Summary().Doc("the VM, such as vms/42"),
			schema.Enum("render", "no", "variables", "jinja2").Default("no").AnyCase().AtStart(). // the Python SDK sends "No"
														Doc("variables: ${VM_NAME}, ${VM_HOSTNAME}, ${VM_UUID} and ${VM_KEY} are replaced when the VM starts; jinja2: cloud-init renders user-data or vendor-data in the guest"),
			schema.LongText("contents").Len(0, 65536).Argument().AtStart(),
			schema.Bool("contains_variables"),
			schema.Filesize("filesize").ReadOnly().Default(0).Summary(),
			schema.Fileallocated("allocated_bytes").ReadOnly().Default(0),
			schema.Fileused("used_bytes").ReadOnly().Default(0),
			schema.String("creator").Creator(),
			schema.FileModified("modified"),
		},
	}
}

// checkCloudinitFile keeps a name inside the disk that it is for. Its depth is what ISO 9660 allows.
func checkCloudinitFile(r *schema.Record) error {
	const deepest, longest = 6, 100
	parts := strings.Split(strings.TrimPrefix(r.Get("name").Text(), "/"), "/")
	if len(parts) > deepest {
		return errs.Field("name", "has %d folders; at most %d are possible", len(parts)-1, deepest-1)
	}
	for _, part := range parts {
		switch {
		case part == "." || part == "..":
			return errs.Field("name", "must not hold %s", errs.Ours(part))
		case len(part) > longest:
			return errs.Field("name", "holds a part of %d characters; at most %d are possible", len(part), longest)
		}
	}
	return nil
}
