package compute

import (
	"net/netip"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/held"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/network"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/tables/address"
)

var nicHooks = engine.Hooks{Create: prepareNIC, Update: updateNIC, Remove: removeNIC, Changed: nicPart.changed}

var nicPart = part{machine: compute.MachineNICCol.Machine, orderid: compute.MachineNICCol.Orderid, name: compute.MachineNICCol.Name, kind: "nic"}

func prepareNIC(w *engine.Inside, r *schema.Record) error {
	if err := nicPart.number(w, r); err != nil {
		return err
	}
	nic := compute.MachineNICCol
	if err := hasCard(w, nic.Interface.Of(r).Text()); err != nil {
		return err
	}
	mac := nic.Macaddress.Of(r).Text()
	if mac == "" {
		mac = column.NewMAC()
	}
	nic.Macaddress.Put(r, mac)
	if nic.Ipaddress.Of(r).Text() != "" {
		if err := checkNICAddress(w, r, nil); err != nil {
			return err
		}
		nic.IPReserved.Put(r, true)
	}
	return refuseNode(w, nic.Machine.Of(r))
}

// removeNIC keeps the row of a card that a guest has: without it nothing would say which address is taken, and on which network.
func removeNIC(w *engine.Inside, r *schema.Record) error {
	if err := refuseNode(w, compute.MachineNICCol.Machine.Of(r)); errs.Is(err, errs.Invalid) {
		return errs.New(errs.Conflict, "not_of_vm", "this is a router's own card; it goes with its network")
	} else if err != nil {
		return err
	}
	return held.NIC(w.Tx, store.RowOf[compute.MachineNIC](r))
}

func updateNIC(w *engine.Inside, old *schema.Record, set schema.Set) error {
	if err := refuseNode(w, compute.MachineNICCol.Machine.Of(old)); err != nil {
		return err
	}
	if model, given := compute.MachineNICCol.Interface.In(set); given && model != compute.MachineNICCol.Interface.Of(old) {
		if err := hasCard(w, model.Text()); err != nil {
			return err
		}
	}
	if v, ok := compute.MachineNICCol.Macaddress.In(set); ok {
		mac := v.Text()
		if mac == "" {
			mac = column.NewMAC()
		}
		compute.MachineNICSet(set).Macaddress(mac)
	}
	next := old.With(set)
	nic := compute.MachineNICCol
	if err := wakeNetwork(w, old, next); err != nil {
		return err
	}
	if ip, given := nic.Ipaddress.In(set); given && ip != nic.Ipaddress.Of(old) {
		compute.MachineNICSet(set).IPReserved(ip.Text() != "")
		next.PutAll(set)
	}
	if !nic.IPReserved.Of(next).Bool() {
		return nil
	}
	return checkNICAddress(w, next, old)
}

// wakeNetwork starts a network that waits for its first VM where the card of a running one is moved into it.
func wakeNetwork(w *engine.Inside, old, next *schema.Record) error {
	was, now := store.RowOf[compute.MachineNIC](old), store.RowOf[compute.MachineNIC](next)
	if now.Vnet == 0 || now.Vnet == was.Vnet || !now.Enabled {
		return nil
	}
	status, err := store.GetRow[compute.MachineStatus](w.Tx, now.Machine)
	if err != nil || !status.Running {
		return err
	}
	return startNetwork(w, now.Vnet)
}

// checkNICAddress holds a wished address against the network's subnet, and against its reservations for other cards. What was so before isn't looked at.
func checkNICAddress(w *engine.Inside, r, old *schema.Record) error {
	nic := compute.MachineNICCol
	same := func(c interface {
		Of(*schema.Record) schema.Value
	},
	) bool {
		return old != nil && c.Of(old) == c.Of(r)
	}
	if same(nic.Ipaddress) && same(nic.Vnet) && same(nic.Macaddress) {
		return nil
	}
	if nic.Vnet.Of(r).IsNull() {
		if _, err := netip.ParseAddr(nic.Ipaddress.Of(r).Text()); err != nil {
			return errs.Field("ipaddress", "is not an IP address")
		}
		return nil
	}
	ip, err := address.In(w, nic.Vnet.Of(r), nic.Ipaddress.Name(), nic.Ipaddress.Of(r).Text())
	if err != nil {
		return err
	}
	return notReserved(w, nic.Vnet.Of(r).Int(), ip.String(), nic.Macaddress.Of(r).Text())
}

// notReserved is a Conflict where an address of a network is reserved for another card.
func notReserved(w *engine.Inside, vnet int64, ip, mac string) error {
	of := network.VnetAddressCol
	rows, err := store.FindRows[network.VnetAddress](w.Tx, store.Is(of.Vnet, vnet), store.Is(of.IP, ip), store.Is(of.Reserved, true))
	if err != nil {
		return err
	}
	for _, row := range rows {
		if row.MAC != mac {
			return errs.New(errs.Conflict, "address_taken", "the address %s of this network is reserved for the card %s", ip, row.MAC).On("ipaddress")
		}
	}
	return nil
}
