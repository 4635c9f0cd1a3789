package cluster

import "dewpoint/internal/schema"

// nodeGPUStats declares how cards are used now.
func nodeGPUStats() *schema.Table {
	return &schema.Table{
		Name: "node_gpu_stats", Title: "GPU use", ReadOnly: true, Parent: "node_gpu", Display: "timestamp",
		Doc:    "How many VMs have a card now, and how many could. The row has the card's key.",
		Fields: append(schema.Fields{schema.Row("node_gpu", "node_gpus").ReadOnly()}, gpuCounts()...),
	}
}

// gpuCounts are the columns of a card's use at one moment.
func gpuCounts() schema.Fields {
	fields := schema.Fields{schema.Uint64("timestamp").ReadOnly().Unit("seconds since 1970").Indexed()}
	for _, name := range []string{"gpus_total", "gpus", "gpus_idle", "vgpus_total", "vgpus", "vgpus_idle"} {
		fields = append(fields, schema.Uint32(name).ReadOnly().Default(0))
	}
	return fields
}

// gpuHistory are the columns of a card's use at past moments.
func gpuHistory() schema.Fields {
	return append(schema.Fields{schema.Row("node_gpu", "node_gpus").ReadOnly().Follows()}, gpuCounts()...)
}
