package network

import (
	"net/netip"

	"github.com/google/uuid"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/network"
	"dewpoint/internal/schema"
	"dewpoint/internal/tables/power"
)

var vnetHooks = engine.Hooks{
	Create:  prepareVnet,
	Created: func(w *engine.Inside, r *schema.Record) error { return power.Obey(w, r, network.VnetCol.Machine.Of(r)) },
	Update:  updateVnet,
	Actions: map[string]engine.Action{
		"poweron": powerOnVnet,
		"poweroff": func(w *engine.Inside, r *schema.Record, _ schema.Set) error {
			return power.Ask(w, network.VnetCol.Machine.Of(r), "kill", false)
		},
		"reset": func(w *engine.Inside, r *schema.Record, params schema.Set) error {
			if err := powerOnVnet(w, r, params); err != nil {
				return err
			}
			return power.Ask(w, network.VnetCol.Machine.Of(r), "reset", true)
		},
		"refresh": func(w *engine.Inside, r *schema.Record, _ schema.Set) error {
			return w.Apply(r, network.VnetCol.NeedFwApply, network.VnetCol.LastFwApply)
		},
		"applydns": func(w *engine.Inside, r *schema.Record, _ schema.Set) error {
			return w.Apply(r, network.VnetCol.NeedDNSApply, network.VnetCol.LastDNSApply)
		},
	},
}

func prepareVnet(_ *engine.Inside, r *schema.Record) error {
	network.VnetCol.UUID.Put(r, uuid.NewString())
	network.VnetCol.Macaddress.Put(r, column.NewMAC())
	return completeSubnet(r)
}

func updateVnet(w *engine.Inside, old *schema.Record, set schema.Set) error {
	next := old.Clone()
	next.PutAll(set)
	if err := completeSubnet(next); err != nil {
		return err
	}
	of := network.VnetCol
	for _, c := range []schema.Column[string]{of.Network, of.Ipaddress, of.DHCPStart, of.DHCPStop} {
		if v := c.Of(next); v != c.Of(old) {
			set[c.Name()] = v
		}
	}
	return power.Obey(w, old, network.VnetCol.Machine.Of(old))
}

// completeSubnet fills in what follows from the subnet: the router's address is its first one, and DHCP hands out all the others.
func completeSubnet(r *schema.Record) error {
	subnet, err := netip.ParsePrefix(network.VnetCol.Network.Of(r).Text())
	if err != nil || !subnet.Addr().Is4() {
		return nil // the declaration's check says what is wrong
	}
	if network.VnetCol.Ipaddress.Of(r).Text() == "" {
		router := subnet.Addr() // 10.0.0.1/24 names the router
		if router == subnet.Masked().Addr() {
			router = router.Next()
		}
		network.VnetCol.Ipaddress.Put(r, router.String())
	}
	network.VnetCol.Network.Put(r, subnet.Masked().String())
	if !network.VnetCol.DHCPEnabled.Of(r).Bool() {
		return nil
	}
	first, last := hostRange(subnet)
	if router, err := netip.ParseAddr(network.VnetCol.Ipaddress.Of(r).Text()); err == nil && router == first {
		first = first.Next()
	}
	if network.VnetCol.DHCPStart.Of(r).Text() == "" {
		network.VnetCol.DHCPStart.Put(r, first.String())
	}
	if network.VnetCol.DHCPStop.Of(r).Text() == "" {
		network.VnetCol.DHCPStop.Put(r, last.String())
	}
	return nil
}

// hostRange returns the first and the last address of a subnet that a host can have.
func hostRange(subnet netip.Prefix) (first, last netip.Addr) {
	a := subnet.Masked().Addr().As4()
	n := uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
	n += 1<<(32-subnet.Bits()) - 2
	return subnet.Masked().Addr().Next(), netip.AddrFrom4([4]byte{byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)})
}

// powerOnVnet applies the rules first when it is asked to, by the request or by the row.
func powerOnVnet(w *engine.Inside, r *schema.Record, params schema.Set) error {
	if !network.VnetCol.Enabled.Of(r).Bool() {
		return errs.New(errs.Conflict, "vnet_disabled", "network %q is disabled; set enabled to true first", network.VnetCol.Name.Of(r).Text())
	}
	if params["apply"].Bool() || network.VnetCol.ApplyFwOnStart.Of(r).Bool() {
		if err := w.Apply(r, network.VnetCol.NeedFwApply, network.VnetCol.LastFwApply); err != nil {
			return err
		}
	}
	return power.Ask(w, network.VnetCol.Machine.Of(r), "poweron", true)
}
