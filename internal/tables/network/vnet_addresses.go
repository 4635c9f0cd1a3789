package network

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/network"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/tables/address"
)

var addressHooks = engine.Hooks{Create: reserve, Update: updateAddress}

// lease is the type of the rows that the network's controller makes of what DHCP has given out.
const lease = "dynamic"

func updateAddress(w *engine.Inside, old *schema.Record, set schema.Set) error {
	of, next := network.VnetAddressCol, old.With(set)
	if of.Type.Of(next).Text() == lease && of.Type.Of(old).Text() == lease {
		for _, c := range []schema.Column[string]{of.IP, of.MAC, of.Hostname} {
			if c.Of(next) != c.Of(old) {
				return errs.Field(c.Name(), "is what DHCP has given out; set %s to static to reserve the address", errs.Column(of.Type.Name()))
			}
		}
		return nil
	}
	if err := reserve(w, next); err != nil {
		return err
	}
	set[of.IP.Name()], set[of.Reserved.Name()] = of.IP.Of(next), of.Reserved.Of(next)
	return nil
}

// reserve holds a reservation against its network, and against the cards there that have an address of their own. That no other reservation has the
// address or the card, the declaration says.
func reserve(w *engine.Inside, r *schema.Record) error {
	of := network.VnetAddressCol
	switch {
	case of.Type.Of(r).Text() == lease:
		return errs.Field("type", "leases are given out by DHCP; use static to reserve an address")
	case of.MAC.Of(r).Text() == "":
		return errs.Field("mac", "is required: the address is kept for that card")
	case column.NobodysName(of.Hostname.Of(r).Text()):
		return errs.Field("hostname", "%q isn't allowed as the name of a machine", of.Hostname.Of(r).Text())
	}
	ip, err := address.In(w, of.Vnet.Of(r), of.IP.Name(), of.IP.Of(r).Text())
	if err != nil {
		return err
	}
	of.IP.Put(r, ip.String())
	of.Reserved.Put(r, true)
	return asNoOtherCard(w, r)
}

// asNoOtherCard is a Conflict where a card with another address of hardware was given the address.
func asNoOtherCard(w *engine.Inside, r *schema.Record) error {
	of, nic := network.VnetAddressCol, compute.MachineNICCol
	cards, err := store.FindRows[compute.MachineNIC](w.Tx, store.Is(nic.Vnet, of.Vnet.Of(r).Int()), store.Is(nic.Ipaddress, of.IP.Of(r).Text()), store.Is(nic.IPReserved, true))
	if err != nil {
		return err
	}
	for _, c := range cards {
		if c.Macaddress != of.MAC.Of(r).Text() {
			return errs.New(errs.Conflict, "address_taken", "the address %s belongs to the card %s of a VM on this network", of.IP.Of(r).Text(), c.Macaddress).On("ip")
		}
	}
	return nil
}
