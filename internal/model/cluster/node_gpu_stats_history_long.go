package cluster

import "dewpoint/internal/schema"

// nodeGPUStatsHistoryLong declares how cards were used.
func nodeGPUStatsHistoryLong() *schema.Table {
	return &schema.Table{
		Name: "node_gpu_stats_history_long", Title: "GPU use, long history", ReadOnly: true, Parent: "node_gpu", Display: "timestamp",
		Doc:    "Use of cards over a long time.",
		Fields: gpuHistory(),
	}
}
