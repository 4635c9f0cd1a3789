package storage

import "dewpoint/internal/schema"

// clusterTiers declares which tiers a cluster's nodes serve.
func clusterTiers() *schema.Table {
	return &schema.Table{
		Name: "cluster_tiers", Title: "Cluster tier", ReadOnly: true, Display: "tier", Parent: "cluster",
		Doc: "Storage tiers of a cluster.",
		Fields: schema.Fields{
			schema.Uint32("tier").ReadOnly().Summary(),
			schema.Row("cluster", "clusters").ReadOnly().Summary(),
			schema.LongText("description").ReadOnly(),
			schema.Num("cost_per_gb").ReadOnly().Default(0.0),
			schema.Num("price_per_gb").ReadOnly().Default(0.0),
			schema.Void("vsan_drives", "machine_drive_phys").Doc("always empty: a tier is a directory, and no drive belongs to a vSAN"),
			schema.Row("status", "cluster_tier_status").Twin(""),
			schema.Row("stats", "cluster_tier_stats").Twin(""),
		},
	}
}
