package storage

import "dewpoint/internal/schema"

// storageTiers declares the places where disks live; a row's key is one more than the tier's number only by chance, so clients use tier.
func storageTiers() *schema.Table {
	return &schema.Table{
		Name: "storage_tiers", Title: "Storage tier", ReadOnly: true, Display: "tier", Wakes: []string{"alarm"},
		Doc: "Storage tiers of the system, with their size and use.",
		Fields: schema.Fields{
			schema.Uint8("tier").Range(0, 5).ReadOnly().Unique().Summary(),
			schema.LongText("description").ReadOnly(),
			schema.Uint64("capacity").ReadOnly().Default(0).Unit("bytes"),
			schema.Uint64("used").ReadOnly().Default(0).Unit("bytes"),
			schema.Uint64("allocated").ReadOnly().Default(0).Unit("bytes"),
			schema.Uint64("used_inflated").ReadOnly().Default(0).Unit("bytes"),
			schema.Uint32("dedupe_ratio").ReadOnly().Default(100),
			schema.Uint32("used_pct").ReadOnly().Default(0),
			schema.Row("stats", "storage_tier_stats").Twin(""),
			schema.Modified("modified"),
		},
	}
}
