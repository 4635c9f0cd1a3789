// Package tables joins the hooks of all areas: what tables do beyond their declarations. An area is a folder with a file for each table, and the
// list of them (hooks.go).
package tables

import (
	"maps"

	"dewpoint/internal/engine"
	"dewpoint/internal/tables/access"
	"dewpoint/internal/tables/cluster"
	"dewpoint/internal/tables/compute"
	"dewpoint/internal/tables/network"
	"dewpoint/internal/tables/storage"
	"dewpoint/internal/tables/system"
	"dewpoint/internal/tables/tasks"
)

// Needs is what hooks need of others.
type Needs struct {
	Secrets access.Secrets
	// Space is asked for room for new files; nil where files are another server's.
	Space storage.Space
	// Appliances are read for the import of whole VMs; nil where files are another server's.
	Appliances compute.Appliances
	// Addresses are the host's; nil: the system has no network until somebody makes one.
	Addresses network.Addresses
}

// Hooks returns the hooks of all tables.
func Hooks(n Needs) map[string]engine.Hooks {
	all := map[string]engine.Hooks{}
	for _, area := range []map[string]engine.Hooks{
		access.Hooks(n.Secrets), cluster.Hooks(), compute.Hooks(n.Appliances, n.Secrets), network.Hooks(n.Addresses), storage.Hooks(n.Space), system.Hooks(), tasks.Hooks(),
	} {
		maps.Copy(all, area)
	}
	return all
}
