package compute

import (
	"fmt"
	"net/netip"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
)

var nicHooks = engine.Hooks{Create: prepareNIC, Update: updateNIC}

func prepareNIC(w *engine.Inside, r *schema.Record) error {
	if err := number(w, r, "nic"); err != nil {
		return err
	}
	if r.Get("macaddress").Text() == "" {
		r.Put("macaddress", schema.TextValue(column.NewMAC()))
	}
	r.Put("macaddress", schema.TextValue(column.NormalMAC(r.Get("macaddress").Text())))
	if err := checkMAC(r.Get("macaddress").Text()); err != nil {
		return err
	}
	if text := r.Get("ipaddress").Text(); text != "" {
		if err := checkNICAddress(w, r.Get("vnet"), text); err != nil {
			return err
		}
		r.Put("ip_reserved", schema.BoolValue(true))
	}
	return refuseNode(w, r)
}

func updateNIC(w *engine.Inside, old *schema.Record, set schema.Set) error {
	if v, ok := set["macaddress"]; ok {
		if v.Text() == "" {
			v = schema.TextValue(column.NewMAC())
		}
		set["macaddress"] = schema.TextValue(column.NormalMAC(v.Text()))
		if err := checkMAC(set["macaddress"].Text()); err != nil {
			return err
		}
	}
	vnet := old.Get("vnet")
	if v, ok := set["vnet"]; ok {
		vnet = v
	}
	if v, ok := set["ipaddress"]; ok && v != old.Get("ipaddress") {
		if v.Text() != "" {
			if err := checkNICAddress(w, vnet, v.Text()); err != nil {
				return err
			}
		}
		set["ip_reserved"] = schema.BoolValue(v.Text() != "")
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
	n, err := w.Tx.Get("vnets", vnet)
	if err != nil {
		return err
	}
	subnet, err := netip.ParsePrefix(n.Get("network").Text())
	if err != nil || !subnet.Contains(a) {
		return errs.Field("ipaddress", "is not in the network's subnet %s", n.Get("network").Text())
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
