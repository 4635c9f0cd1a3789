package compute

import (
	"regexp"

	"dewpoint/internal/schema"
)

// cloudinitName is a name as cloud-init's sources have them, with the slash that the clients' libraries put before it.
var cloudinitName = regexp.MustCompile(`^/?[A-Za-z0-9._-]+(/[A-Za-z0-9._-]+)*$`)

// cloudinitFiles declares what cloud-init is to find in a VM.
func cloudinitFiles() *schema.Table {
	return &schema.Table{
		Name: "cloudinit_files", Title: "Cloud-init file", LogType: "vm", Owner: "owner",
		Unique: []schema.Unique{schema.Together("owner", "name")},
		Doc:    "Files for cloud-init in a VM. They are kept; a VM whose cloudinit_datasource isn't none can't be powered on yet.",
		Fields: schema.Fields{
			schema.String("name").Required().Summary().Len(1, 256).Match(cloudinitName, "the name of a file such as /user-data").Example("/user-data"),
			schema.AnyRow("owner", "vms").Required().CreateOnly().Follows().Summary().Doc("the VM, such as vms/42"),
			schema.Enum("render", "no", "variables", "jinja2").Default("no").AnyCase(), // the Python SDK sends "No"
			schema.LongText("contents").Len(0, 65536).Argument(),
			schema.Bool("contains_variables"),
			schema.Filesize("filesize").ReadOnly().Default(0).Summary(),
			schema.Fileallocated("allocated_bytes").ReadOnly().Default(0),
			schema.Fileused("used_bytes").ReadOnly().Default(0),
			schema.String("creator").Creator(),
			schema.FileModified("modified"),
		},
	}
}
