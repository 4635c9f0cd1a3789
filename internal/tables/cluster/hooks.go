// Package cluster has the hooks of hosts.
package cluster

import "dewpoint/internal/engine"

// Hooks lists the hooks of the area by table.
func Hooks() map[string]engine.Hooks {
	return map[string]engine.Hooks{
		"node_gpus":      gpuHooks,
		"nodes":          nodeHooks,
		"resource_rules": ruleHooks,
	}
}
