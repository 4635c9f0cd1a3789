package compute

import "dewpoint/internal/schema"

// machineDriveStats declares what a guest reads and writes of one drive; its key is the drive's.
func machineDriveStats() *schema.Table {
	return &schema.Table{
		Name: "machine_drive_stats", Title: "Drive load", ReadOnly: true, Parent: "parent_drive", Display: "parent_drive",
		Doc: "What a guest reads from a drive and writes to it. The row has the drive's key. The sums begin with the guest's start and stay as they were when it " +
			"ends; the rates are those since the previous measurement, and 0 while the guest is off.",
		Fields: schema.Fields{
			schema.Row("parent_drive", "machine_drives").ReadOnly(),
			counter("reads").Doc("operations"),
			counter("writes").Doc("operations"),
			counter("read_bytes").Unit("bytes").Summary(),
			counter("write_bytes").Unit("bytes").Summary(),
			counter("rops").Unit("operations/s"),
			counter("wops").Unit("operations/s"),
			counter("rbps").Unit("bytes/s").Summary(),
			counter("wbps").Unit("bytes/s").Summary(),
			schema.Num("service_time").ReadOnly().Default(0.0).Unit("milliseconds").Doc("average of an operation"),
			schema.Num("util").ReadOnly().Default(0.0).Unit("percent").Doc("of the time in which an operation was going on, if one went on at a time"),
			schema.Bool("physical").ReadOnly().Doc("a drive of a host, not of a guest"),
			schema.Modified("last_update"),
		},
	}
}
