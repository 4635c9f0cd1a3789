// Package address holds addresses that clients give to machines against the networks they are for.
package address

import (
	"net/netip"

	"dewpoint/internal/engine"
	"dewpoint/internal/model/network"
	"dewpoint/internal/schema"
	"dewpoint/internal/subnet"
)

// In reads an address that a machine on a network can have. An error of the text is Invalid and names the column that it was given in.
func In(w *engine.Inside, vnet schema.Value, column, text string) (netip.Addr, error) {
	row, err := w.Tx.Get("vnets", vnet)
	if err != nil {
		return netip.Addr{}, err
	}
	s, err := subnet.Of(network.SubnetOf(row))
	if err != nil {
		return netip.Addr{}, err
	}
	return s.Machine(column, text)
}
