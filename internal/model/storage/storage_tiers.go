package storage

import "dewpoint/internal/schema"

// storageTiers declares the places where disks live; a row's key is one more than the tier's number only by chance, so clients use tier.
func storageTiers() *schema.Table {
	return &schema.Table{
		Name: "storage_tiers", Title: "Storage tier", ReadOnly: true, Display: "tier", Wakes: []string{"alarm"},
		Doc: "Storage tiers with their size and use, system-wide.",
		Fields: schema.Fields{
			schema.Uint8("tier").Range(0, 5).ReadOnly().Unique().Summary(),
			schema.LongText("description").ReadOnly(),
			schema.Uint64("capacity").ReadOnly().Def(0).In("bytes"),
			schema.Uint64("used").ReadOnly().Def(0).In("bytes"),
			schema.Uint64("allocated").ReadOnly().Def(0).In("bytes"),
			schema.Uint64("used_inflated").ReadOnly().Def(0).In("bytes"),
			schema.Uint32("dedupe_ratio").ReadOnly().Def(100),
			schema.Uint32("used_pct").ReadOnly().Def(0),
			schema.Row("stats", "storage_tier_stats").Twin(""),
			schema.Modified("modified"),
		},
	}
}
