package compute

import (
	"fmt"
	"net/netip"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/held"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/network"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

var nicHooks = engine.Hooks{Create: prepareNIC, Update: updateNIC, Remove: removeNIC, Changed: nicPart.changed}

var nicPart = part{machine: compute.MachineNICCol.Machine, orderid: compute.MachineNICCol.Orderid, name: compute.MachineNICCol.Name, kind: "nic"}

func prepareNIC(w *engine.Inside, r *schema.Record) error {
	if err := nicPart.number(w, r); err != nil {
		return err
	}
	nic := compute.MachineNICCol
	mac := nic.Macaddress.Of(r).Text()
	if mac == "" {
		mac = column.NewMAC()
	}
	if err := checkMAC(mac); err != nil {
		return err
	}
	nic.Macaddress.Put(r, mac)
	if text := nic.Ipaddress.Of(r).Text(); text != "" {
		if err := checkNICAddress(w, nic.Vnet.Of(r), text); err != nil {
			return err
		}
		nic.IPReserved.Put(r, true)
	}
	return refuseNode(w, nic.Machine.Of(r))
}

// removeNIC keeps the row of a card that a guest has: without it nothing would say which address is taken, and on which network.
func removeNIC(w *engine.Inside, r *schema.Record) error {
	return held.NIC(w.Tx, store.RowOf[compute.MachineNIC](r))
}

func updateNIC(w *engine.Inside, old *schema.Record, set schema.Set) error {
	if v, ok := compute.MachineNICCol.Macaddress.In(set); ok {
		mac := v.Text()
		if mac == "" {
			mac = column.NewMAC()
		}
		if err := checkMAC(mac); err != nil {
			return err
		}
		compute.MachineNICSet(set).Macaddress(mac)
	}
	vnet := compute.MachineNICCol.Vnet.Of(old)
	if v, ok := compute.MachineNICCol.Vnet.In(set); ok {
		vnet = v
	}
	if v, ok := compute.MachineNICCol.Ipaddress.In(set); ok && v != compute.MachineNICCol.Ipaddress.Of(old) {
		if v.Text() != "" {
			if err := checkNICAddress(w, vnet, v.Text()); err != nil {
				return err
			}
		}
		compute.MachineNICSet(set).IPReserved(v.Text() != "")
	}
	return nil
}

// checkNICAddress holds a wished address against the network's subnet.
func checkNICAddress(w *engine.Inside, vnet schema.Value, text string) error {
	a, err := netip.ParseAddr(text)
	if err != nil {
		return errs.Field("ipaddress", "is not an IP address")
	}
	if vnet.IsNull() {
		return nil
	}
	n, err := store.GetRow[network.Vnet](w.Tx, vnet)
	if err != nil {
		return err
	}
	subnet, err := netip.ParsePrefix(n.Network)
	if err != nil || !subnet.Contains(a) {
		return errs.Field("ipaddress", "is not in the network's subnet %s", n.Network)
	}
	return nil
}

// checkMAC refuses group addresses, which no NIC can have.
func checkMAC(mac string) error {
	var first byte
	if _, err := fmt.Sscanf(mac, "%02x", &first); err != nil || first&1 == 1 || mac == "00:00:00:00:00:00" {
		return errs.Field("macaddress", "%s is no address of a single card", mac)
	}
	return nil
}
