package compute

import "dewpoint/internal/schema"

// DriveRates are the columns of machine_drive_stats that a drive's long history has the averages and the peaks of.
var DriveRates = []string{"rops", "wops", "rbps", "wbps"}

// machineDriveStatsHistoryLong declares what guests read and wrote in the last month.
func machineDriveStatsHistoryLong() *schema.Table {
	return &schema.Table{
		Name: "machine_drive_stats_history_long", Title: "Drive load of a month", ReadOnly: true, Samples: true, Parent: "parent_drive", Display: "timestamp",
		Doc: "Load of drives, every two hours, kept for 30 days, made from machine_drive_stats_history_short.",
		Fields: append(append(schema.Fields{schema.Row("parent_drive", "machine_drives").ReadOnly().Summary(), sampled()},
			peaksAndAverages(DriveRates...)...), driveSums()...),
	}
}

// peaksAndAverages are the columns that a long history has of each rate.
func peaksAndAverages(rates ...string) (fields schema.Fields) {
	for _, r := range rates {
		fields = append(fields, counter(r+"_peak"), counter(r+"_avg").Summary())
	}
	return fields
}
