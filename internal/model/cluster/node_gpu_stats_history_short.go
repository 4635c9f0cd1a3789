package cluster

import "dewpoint/internal/schema"

// nodeGPUStatsHistoryShort declares how cards were used.
func nodeGPUStatsHistoryShort() *schema.Table {
	return &schema.Table{
		Name: "node_gpu_stats_history_short", Title: "GPU use, short history", ReadOnly: true, Parent: "node_gpu", Display: "timestamp",
		Doc:    "Recent use of cards.",
		Fields: gpuHistory(),
	}
}
