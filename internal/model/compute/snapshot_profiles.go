package compute

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// snapshotProfiles declares plans by which snapshots are made. A machine has one or none.
func snapshotProfiles() *schema.Table {
	return &schema.Table{
		Name: "snapshot_profiles", Title: "Snapshot profile", LogType: "snapshot_profile",
		Doc:         "Plans for snapshots. A VM with a profile (vms.snapshot_profile) gets a snapshot whenever a period of the profile is due.",
		ActionTable: "snapshot_profile_actions", ActionRef: "snapshot_profile",
		Actions: schema.Actions{{Name: "delete", Doc: "delete the profile with its periods. Snapshots that were made by it stay"}},
		Fields: schema.Fields{
			schema.String("name").Required().Unique().Summary().Len(1, 128).Match(column.Printable, column.NotPrintable),
			schema.LongText("description").Len(0, 2048).Summary(),
			schema.Bool("ignore_warnings").Doc("kept for clients that warn of profiles with many snapshots"),
			schema.Rows("periods", "snapshot_profile_periods", "profile"),
			schema.Created("created").Argument(),
			schema.Modified("modified").Argument(),
		},
	}
}
