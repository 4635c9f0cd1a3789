// Package network declares virtual networks and the addresses on them.
package network

import "dewpoint/internal/schema"

//go:generate go run dewpoint/internal/model/gen

// Tables lists the tables of the area.
func Tables() []*schema.Table {
	return []*schema.Table{
		vnets(), vnetAddresses(), vnetRules(), vnetRuleAliases(),
	}
}
