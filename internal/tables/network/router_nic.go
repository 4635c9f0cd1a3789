package network

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/network"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/tables/power"
)

// madeVnet completes a new network: its router has a card, and obeys at once.
func madeVnet(w *engine.Inside, r *schema.Record) error {
	if err := giveNIC(w.Tx, store.RowOf[network.Vnet](r)); err != nil {
		return err
	}
	return power.Obey(w, r, network.VnetCol.Machine.Of(r))
}

// giveNICs gives each router its card that lacks one: of the network of the first start, and of networks of older versions.
func giveNICs(tx *store.Tx) error {
	rows, err := store.FindRows[network.Vnet](tx, store.IsNull(network.VnetCol.NIC))
	for _, row := range rows {
		if err == nil {
			err = giveNIC(tx, row)
		}
	}
	return err
}

// giveNIC makes the row of the card that the router has in its network, by which clients find its traffic. It isn't a card on the network like those of
// VMs, which keep a network from being deleted: it goes with the router.
func giveNIC(tx *store.Tx, row network.Vnet) error {
	key, err := store.Create(tx, compute.MachineNICSet{}.Machine(row.Machine).Name("router").Orderid(0).Macaddress(row.Macaddress).
		Description("the router's own card in its network"))
	if err != nil {
		return err
	}
	return store.Write(tx, row.Key, network.VnetSet{}.NIC(key.Int()))
}
