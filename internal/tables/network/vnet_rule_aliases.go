package network

import (
	"slices"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/network"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

var aliasHooks = engine.Hooks{
	Update: func(w *engine.Inside, old *schema.Record, set schema.Set) error {
		if name, given := network.VnetRuleAliasCol.Name.In(set); given && name != network.VnetRuleAliasCol.Name.Of(old) {
			return keepAlias(w, old)
		}
		return nil
	},
	Remove: keepAlias,
}

// keepAlias is a Conflict while a rule has the alias's name.
func keepAlias(w *engine.Inside, r *schema.Record) error {
	rules, err := store.FindRows[network.VnetRule](w.Tx)
	if err != nil {
		return err
	}
	name := network.VnetRuleAliasCol.Name.Of(r).Text()
	for _, rule := range rules {
		for _, list := range []string{rule.SourceIP, rule.DestinationIP, rule.TargetIP} {
			places, err := network.ReadPlaces(list)
			if err == nil && slices.Contains(places, network.Place{Kind: network.Alias, Name: name}) {
				return errs.New(errs.Conflict, "alias_in_use", "the rule %q has the alias %q; change the rule first", rule.Name, name)
			}
		}
	}
	return nil
}
