package storage

import (
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

// clusterTierStatus declares the health of a cluster's tier; its key is the cluster tier's. What belongs to a distributed store (walks,
// repairs, transactions) stays 0: a tier is a directory.
func clusterTierStatus() *schema.Table {
	return &schema.Table{
		Name: "cluster_tier_status", Title: "Cluster tier status", ReadOnly: true, Display: "status",
		Doc: "Health and size of a cluster's storage tier. The row has the cluster tier's key.",
		Fields: schema.Fields{
			schema.Uint32("tier").ReadOnly().Summary().Indexed(),
			schema.Enum("status", "online", "offline", "repairing", "initializing", "verifying", "noredundant", "outofspace").
				Labels("noredundant", "No Redundancy", "outofspace", "Out Of Space").ReadOnly().Default("offline").Summary(),
			column.Health().Summary(),
			schema.Uint64("capacity").ReadOnly().Default(0).Unit("bytes"),
			schema.Uint64("used").ReadOnly().Default(0).Unit("bytes"),
			schema.Uint64("allocated").ReadOnly().Default(0).Unit("bytes"),
			schema.Uint32("used_pct").ReadOnly().Default(0),
			schema.Bool("redundant").ReadOnly(),
			schema.Bool("encrypted").ReadOnly(),
			schema.Bool("working").ReadOnly(),
			schema.Uint64("last_walk_time_ms").ReadOnly().Else(0),
			schema.Uint64("last_fullwalk_time_ms").ReadOnly().Else(0),
			schema.Uint64("transaction").ReadOnly().Else(0),
			schema.Uint64("repairs").ReadOnly().Else(0),
			schema.Num("bad_drives").ReadOnly().Else(0),
			schema.Bool("fullwalk").ReadOnly(),
			schema.Num("progress").ReadOnly().Else(0),
			schema.Uint64("index_unique").ReadOnly().Else(0),
			schema.Uint64("state_timestamp").ReadOnly().Else(0),
			schema.Num("cur_space_throttle_ms").ReadOnly().Else(0),
			schema.Uint32("transaction_start_stamp").ReadOnly().Else(0),
		},
	}
}
