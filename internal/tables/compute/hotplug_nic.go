package compute

import (
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/network"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// hotplugNIC plugs a card in or out.
func hotplugNIC(w *engine.Inside, r *schema.Record, params schema.Set) error {
	h, err := openHot(w, r)
	if err != nil {
		return err
	}
	key, made := params["device"].Int(), params["device"].IsNull()
	if made {
		if params["unplug"].Bool() || params["vnet"].IsNull() {
			return errs.Field("device", "name the NIC, or the vnet of a new one")
		}
		if key, err = h.makePart("machine_nics", h.given("name", "vnet", "interface", "macaddress")); err != nil {
			return err
		}
	}
	nic, err := store.GetRow[compute.MachineNIC](w.Tx, key)
	if err := h.mine("NIC", key, nic.Machine, err); err != nil {
		return err
	}
	has, err := store.GetRow[compute.MachineNICStatus](w.Tx, key)
	if err != nil {
		return err
	}
	held := has.HeldVnet != 0
	if params["unplug"].Bool() {
		return h.unplug(compute.Unplug{Table: "machine_nics", Key: key, Delete: params["delete"].Bool()}, nic.Enabled, held)
	}
	if h.on() && !held {
		if err := h.hasNetwork(nic); err != nil {
			return err
		}
	}
	return h.plug(compute.Hotplug{Table: "machine_nics", Key: key, Made: made}, nic.Enabled, held)
}

// hasNetwork starts a NIC's network that waits for its first VM, and refuses one that is off: there is nothing to plug the card into.
func (h hot) hasNetwork(nic compute.MachineNIC) error {
	if nic.Vnet == 0 {
		return errs.Field("vnet", "NIC \"%s\" has no network to be plugged into; set its vnet first", errs.Clip(nic.Name))
	}
	if err := startNetwork(h.w, nic.Vnet); err != nil {
		return err
	}
	vnet, err := store.GetRow[network.Vnet](h.w.Tx, nic.Vnet)
	if err != nil {
		return err
	}
	power, err := store.GetRow[compute.MachineStatus](h.w.Tx, vnet.Machine)
	if err == nil && !power.Running && !power.Powerstate {
		err = errs.New(errs.Conflict, "network_off", "network %q is off; power it on first", vnet.Name).On("vnet")
	}
	return err
}
