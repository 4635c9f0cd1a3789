package compute

import "dewpoint/internal/schema"

// vmFavorites declares which VMs users have starred.
func vmFavorites() *schema.Table {
	return &schema.Table{
		Name: "vm_favorites", Title: "Favorite", Parent: "user", Own: schema.Own{By: "user", Make: true}, Display: "vm",
		Unique: []schema.Unique{schema.Together("vm", "user")},
		Doc:    "VMs that users have marked as favorites. Every user has their own; they are deleted with the VM.",
		Fields: schema.Fields{
			schema.Row("vm", "vms").Required().CreateOnly().Summary(),
			schema.Row("user", "users").Filled().CreateOnly().Summary().Doc("whose favorite it is; yourself if you leave it out"),
		},
	}
}
