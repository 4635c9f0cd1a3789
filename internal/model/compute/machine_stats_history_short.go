package compute

import "dewpoint/internal/schema"

// machineStatsHistoryShort declares what machines used in the last day.
func machineStatsHistoryShort() *schema.Table {
	return &schema.Table{
		Name: "machine_stats_history_short", Title: "Past machine load", ReadOnly: true, Samples: true, Parent: "machine", Display: "timestamp",
		Doc:    "Values of machine_stats for nodes and running VMs, every five minutes, kept for a day.",
		Fields: machineSamples(),
	}
}

// machineSamples are the columns of a machine's histories.
func machineSamples() schema.Fields {
	percent := func(name string) *schema.Field { return schema.Uint32(name).ReadOnly().Unit("percent") }
	return schema.Fields{
		schema.Row("machine", "machines").ReadOnly().Summary(),
		sampled(),
		percent("total_cpu").Summary(),
		percent("user_cpu"),
		percent("system_cpu"),
		percent("iowait_cpu"),
		percent("vmusage_cpu"),
		percent("irq_cpu"),
		schema.Uint32("ram_used").ReadOnly().Unit("MiB").Summary(),
		schema.Uint32("vram_used").ReadOnly().Unit("MiB"),
		schema.Uint32("core_temp").ReadOnly().Doc("not measured"),
		schema.Uint32("core_temp_top").ReadOnly().Doc("not measured"),
		percent("core_peak"),
		schema.Uint32("core_count_gt_25").ReadOnly(),
		schema.Uint32("core_count_gt_50").ReadOnly(),
		schema.Uint32("core_count_gt_75").ReadOnly(),
	}
}

// sampled is when a row of a history was written.
func sampled() *schema.Field {
	return schema.Uint64("timestamp").ReadOnly().Indexed().Unit("seconds since 1970").Summary()
}
