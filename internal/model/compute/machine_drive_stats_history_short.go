package compute

import "dewpoint/internal/schema"

// machineDriveStatsHistoryShort declares what guests read and wrote in the last day.
func machineDriveStatsHistoryShort() *schema.Table {
	return &schema.Table{
		Name: "machine_drive_stats_history_short", Title: "Past drive load", ReadOnly: true, Samples: true, Parent: "parent_drive", Display: "timestamp",
		Doc: "Values of machine_drive_stats for drives of running VMs, every five minutes, kept for a day.",
		Fields: append(schema.Fields{
			schema.Row("parent_drive", "machine_drives").ReadOnly().Summary(),
			sampled(),
			counter("rops").Unit("operations/s"),
			counter("wops").Unit("operations/s"),
			counter("rbps").Unit("bytes/s").Summary(),
			counter("wbps").Unit("bytes/s").Summary(),
			schema.Num("service_time").ReadOnly().Default(0.0).Unit("milliseconds"),
			schema.Num("util").ReadOnly().Default(0.0).Unit("percent"),
		}, driveSums()...),
	}
}

func driveSums() schema.Fields {
	return schema.Fields{counter("reads"), counter("writes"), counter("read_bytes").Unit("bytes"), counter("write_bytes").Unit("bytes")}
}
