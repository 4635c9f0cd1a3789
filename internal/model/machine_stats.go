package model

import "dewpoint/internal/schema"

// machineStats declares the load of a machine; its key is the machine's. It is measured for nodes, and null for the others.
func machineStats() *schema.Table {
	return &schema.Table{
		Name: "machine_stats", Title: "Machine load", ReadOnly: true, Parent: "machine", Display: "machine",
		Doc: "Processor and memory use of a machine since the measurement before. The key is that of the machine. Only nodes are measured so far; of other machines the columns are null.",
		Fields: schema.Fields{
			schema.Row("machine", "machines").ReadOnly().Summary(),
			schema.Num("total_cpu").ReadOnly().In("percent").Summary(),
			schema.Uint8("user_cpu").ReadOnly().In("percent"),
			schema.Uint8("system_cpu").ReadOnly().In("percent"),
			schema.Uint8("iowait_cpu").ReadOnly().In("percent"),
			schema.Uint32("vmusage_cpu").ReadOnly().In("percent").Note("spent in guests"),
			schema.Uint32("irq_cpu").ReadOnly().In("percent"),
			schema.Uint64("ram_used").ReadOnly().In("MiB").Summary(),
			schema.Num("ram_pct").ReadOnly().In("percent"),
			schema.Uint32("vram_used").ReadOnly().In("MiB").Note("given to running VMs"),
			schema.JSON("core_usagelist").ReadOnly().Note("percent of each processor"),
			schema.Uint16("core_temp").ReadOnly().Note("not measured"),
			schema.Uint16("core_temp_top").ReadOnly().Note("not measured"),
			schema.Uint32("core_peak").ReadOnly().In("percent").Note("of the busiest processor"),
			schema.Uint32("core_count_gt_25").ReadOnly(),
			schema.Uint32("core_count_gt_50").ReadOnly(),
			schema.Uint32("core_count_gt_75").ReadOnly(),
			schema.Modified("modified"),
		},
	}
}
