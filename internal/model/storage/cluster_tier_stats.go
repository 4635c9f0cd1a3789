package storage

import "dewpoint/internal/schema"

// clusterTierStats declares what is read from and written to a cluster's tier; its key is the cluster tier's.
func clusterTierStats() *schema.Table {
	fields := schema.Fields{schema.Uint32("tier").ReadOnly().Summary().Indexed()}
	return &schema.Table{
		Name: "cluster_tier_stats", Title: "Cluster tier counters", ReadOnly: true, Display: "tier",
		Doc:    "Reads and writes of the disk that holds a cluster's tier. The row has the cluster tier's key.",
		Fields: append(append(fields, diskCounters()...), schema.Modified("last_update")),
	}
}
