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
			schema.Int64("holder").ReadOnly().Hidden().Default(0).Indexed().Doc("the machine whose domain has the drive; 0 for none"),
			schema.Int64("held_file").ReadOnly().Hidden().Default(0).Indexed().Doc("the file that the domain reads as the drive's medium; 0 for none"),
			schema.Num("progress_pct").ReadOnly().Default(0.0),
			schema.Modified("last_update"),
		},
	}
}
