package network

import (
	"net/netip"

	"github.com/google/uuid"

	"dewpoint/internal/model/column"
	"dewpoint/internal/model/network"
	"dewpoint/internal/store"
)

// Addresses lists those that the host has, with their lengths.
type Addresses func() ([]netip.Prefix, error)

// seedDefault makes the network that forms and scripts look for, as long as the system has never had a network: whoever deletes it keeps it deleted.
// It is off until a VM on it starts.
func seedDefault(tx *store.Tx, addresses Addresses) error {
	numbers, err := tx.Numbers()
	if err != nil || numbers["vnets"] > 0 {
		return err
	}
	taken, err := addresses()
	if err != nil {
		return err
	}
	own, err := freeSubnet(tx, taken)
	if err != nil {
		return err
	}
	_, err = store.Create(tx, network.VnetSet{}.Name("default").Description("Made at the first start. It starts with the first VM on it.").
		UUID(uuid.NewString()).Macaddress(column.NewMAC()).Network(own.String()).DHCPEnabled(true).OnDemand(true))
	return err
}
