// Package network has the hooks of virtual networks.
package network

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/store"
)

// Hooks lists the hooks of the area by table. With addresses, the system has a network of its own from the first start on, which holds none of them.
func Hooks(addresses Addresses) map[string]engine.Hooks {
	vnets := vnetHooks
	vnets.Prepare = func(tx *store.Tx) error {
		if addresses != nil {
			if err := seedDefault(tx, addresses); err != nil {
				return err
			}
		}
		return giveNICs(tx)
	}
	return map[string]engine.Hooks{
		"vnet_addresses":    addressHooks,
		"vnet_rule_aliases": aliasHooks,
		"vnet_rules":        ruleHooks,
		"vnets":             vnets,
	}
}
