package compute

import "dewpoint/internal/schema"

// machineStatsHistoryLong declares what machines used in the last month.
func machineStatsHistoryLong() *schema.Table {
	return &schema.Table{
		Name: "machine_stats_history_long", Title: "Machine load of a month", ReadOnly: true, Samples: true, Parent: "machine", Display: "timestamp",
		Doc: "Load of nodes and VMs, every two hours, kept for 30 days: the averages of the rows of machine_stats_history_short in that time, and in core_peak " +
			"the greatest value.",
		Fields: machineSamples(),
	}
}
