package compute

import (
	"encoding/json"

	"dewpoint/internal/schema"
)

// machineStats declares the load of a machine; its key is the machine's. It is measured for nodes and VMs; of others, and of VMs that don't run,
// rows hold nothing and show zeros.
func machineStats() *schema.Table {
	return &schema.Table{
		Name: "machine_stats", Title: "Machine load", ReadOnly: true, Parent: "machine", Display: "machine",
		Doc: "Processor and memory use of a machine since the previous measurement. The row has the machine's key. Nodes and running VMs are measured; for other " +
			"machines the columns are 0. user_cpu, system_cpu, iowait_cpu and irq_cpu are measured for nodes only.",
		Fields: schema.Fields{
			schema.Row("machine", "machines").ReadOnly().Summary(),
			schema.Uint8("total_cpu").ReadOnly().Else(0).Unit("percent").Summary().Doc("average of all processors"),
			schema.Uint8("user_cpu").ReadOnly().Else(0).Unit("percent"),
			schema.Uint8("system_cpu").ReadOnly().Else(0).Unit("percent"),
			schema.Uint8("iowait_cpu").ReadOnly().Else(0).Unit("percent"),
			schema.Uint32("vmusage_cpu").ReadOnly().Else(0).Unit("percent").Doc("node: use of its processors by all guests; VM: its own use, emulation included"),
			schema.Uint32("irq_cpu").ReadOnly().Else(0).Unit("percent"),
			schema.Uint64("ram_used").ReadOnly().Else(0).Unit("MiB").Summary().Doc("VM: as reported by the guest; if the guest reports nothing, the memory of its QEMU process"),
			schema.Uint8("ram_pct").ReadOnly().Else(0).Unit("percent"),
			schema.Uint32("vram_used").ReadOnly().Else(0).Unit("MiB").Doc("node: assigned to running VMs; VM: assigned to it"),
			schema.JSON("core_usagelist").ReadOnly().Else("[]").Doc("use of each processor, in percent"),
			schema.Uint16("core_temp").ReadOnly().Else(0).Doc("not measured"),
			schema.Uint16("core_temp_top").ReadOnly().Else(0).Doc("not measured"),
			schema.Uint32("core_peak").ReadOnly().Else(0).Unit("percent").Doc("use of the busiest processor"),
			schema.Uint32("core_count_gt_25").ReadOnly().Else(0),
			schema.Uint32("core_count_gt_50").ReadOnly().Else(0),
			schema.Uint32("core_count_gt_75").ReadOnly().Else(0),
			schema.Uint64("cpu_time").ReadOnly().Hidden().Else(0).Unit("seconds").Doc("VM: of a processor, since the guest's start; whole seconds, so that an idle guest's row rests"),
			schema.Modified("modified"),
		},
	}
}

// CoreUse adds the columns that follow from the use of each processor, in percent.
func (s MachineStatsSet) CoreUse(each []int64) MachineStatsSet {
	list, err := json.Marshal(each)
	if err != nil { // numbers always marshal
		panic(err)
	}
	peak, above := int64(0), map[int64]int64{}
	for _, percent := range each {
		peak = max(peak, percent)
		for _, limit := range []int64{25, 50, 75} {
			if percent > limit {
				above[limit]++
			}
		}
	}
	return s.CoreUsagelist(string(list)).CorePeak(peak).CoreCountGt25(above[25]).CoreCountGt50(above[50]).CoreCountGt75(above[75])
}
