// Package network has the hooks of virtual networks.
package network

import "dewpoint/internal/engine"

// Hooks lists the hooks of the area by table.
func Hooks() map[string]engine.Hooks {
	return map[string]engine.Hooks{
		"vnets": vnetHooks,
	}
}
