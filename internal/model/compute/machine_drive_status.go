package compute

import "dewpoint/internal/schema"

// machineDriveStatus declares the facts of one drive; its key is the drive's.
func machineDriveStatus() *schema.Table {
	return &schema.Table{
		Name: "machine_drive_status", Title: "Drive status", ReadOnly: true, Parent: "parent_drive", Display: "status",
		Doc: "State of a drive. The row has the drive's key.",
		Fields: schema.Fields{
			schema.Row("parent_drive", "machine_drives").ReadOnly(),
			schema.Enum("status", "online", "offline", "importing", "initializing", "error").Default("offline").ReadOnly().Summary(),
			schema.String("status_info").ReadOnly(),
			schema.Bool("ready").ReadOnly().Hidden().Doc("the file exists and can be attached to a guest"),
			schema.Num("progress_pct").ReadOnly().Default(0.0),
			schema.Modified("last_update"),
		},
	}
}
