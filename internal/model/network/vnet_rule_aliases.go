package network

import (
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// vnetRuleAliases declares names for addresses, which rules of all networks can use.
func vnetRuleAliases() *schema.Table {
	return &schema.Table{
		Name: "vnet_rule_aliases", Title: "Rule alias", LogType: "vnet", Wakes: []string{"vnet"}, Check: checkAlias,
		Doc: "Names for addresses in rules of networks. A change takes effect at once, in all networks whose applied rules have the name.",
		Fields: schema.Fields{
			schema.String("name").Required().Unique().Len(1, 128).Match(AliasName, "a letter, then letters, digits, spaces, dots, hyphens and underscores").Summary().Example("office"),
			schema.String("id").Len(0, 128).Doc("your own identifier"),
			schema.LongText("description").Len(0, 2048),
			schema.String("value").Required().Len(1, lengthOfList).Summary().Example("192.0.2.0/24").Doc("addresses and subnets with commas between them"),
			schema.Enum("publishing_scope", "private", "global", "tenant", "none").Default("private").
				OnlyYet("aliases can only be kept for oneself until there are tenants", "private", "none"),
			schema.AnyRow("owner", "tenants").Forgets().ReadOnly(),
		},
	}
}

// checkAlias is about a name that is a word of its own, and values that aren't addresses.
func checkAlias(r *schema.Record) error {
	if p, err := readPlace(r.Get("name").Text()); err != nil || p.Kind != Alias {
		return errs.Field("name", "means something else in rules; take another name")
	}
	places, err := ReadPlaces(r.Get("value").Text())
	if err != nil {
		return errs.Field("value", "%v", err)
	}
	for _, p := range places {
		if p.Kind != Subnet {
			return errs.Field("value", "must be addresses and subnets with commas between them")
		}
	}
	if len(places) == 0 {
		return errs.Field("value", "has no address")
	}
	return nil
}
