// Package network has the hooks of virtual networks.
package network

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/store"
)

// Hooks lists the hooks of the area by table. With addresses, the system has a network of its own from the first start on, which holds none of them.
func Hooks(addresses Addresses) map[string]engine.Hooks {
	vnets := vnetHooks
	if addresses != nil {
		vnets.Prepare = func(tx *store.Tx) error { return seedDefault(tx, addresses) }
	}
	return map[string]engine.Hooks{
		"vnet_addresses": addressHooks,
		"vnets":          vnets,
	}
}
