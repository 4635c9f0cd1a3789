package storage

import "dewpoint/internal/schema"

// storageTierStats declares what is read from and written to a storage tier; its key is the tier's row.
func storageTierStats() *schema.Table {
	return &schema.Table{
		Name: "storage_tier_stats", Title: "Storage tier counters", ReadOnly: true,
		Doc:    "Reads and writes of the disk that holds a storage tier. The row has the storage tier's key.",
		Fields: diskCounters(),
	}
}

// diskCounters are 0 where the tier lies on no disk that the kernel counts for.
func diskCounters() schema.Fields {
	return schema.Fields{
		schema.Uint64("reads").ReadOnly().Else(0).Doc("since the host started"),
		schema.Uint64("writes").ReadOnly().Else(0).Doc("since the host started"),
		schema.Uint64("read_bytes").ReadOnly().Else(0).Unit("bytes"),
		schema.Uint64("write_bytes").ReadOnly().Else(0).Unit("bytes"),
		schema.Uint64("rops").ReadOnly().Else(0).Unit("reads per second"),
		schema.Uint64("wops").ReadOnly().Else(0).Unit("writes per second"),
		schema.Uint64("rbps").ReadOnly().Else(0).Unit("bytes per second"),
		schema.Uint64("wbps").ReadOnly().Else(0).Unit("bytes per second"),
	}
}
