package network

import (
	"net/netip"
	"strings"

	"github.com/google/uuid"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/held"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/network"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/subnet"
	"dewpoint/internal/tables/power"
)

var vnetHooks = engine.Hooks{
	Create:  prepareVnet,
	Created: madeVnet,
	Update:  updateVnet,
	Remove: func(w *engine.Inside, r *schema.Record) error {
		return held.Network(w.Tx, r.Key.Int(), network.VnetCol.Name.Of(r).Text())
	},
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
		"clear_statistics": clearStatistics,
	},
}

func prepareVnet(w *engine.Inside, r *schema.Record) error {
	network.VnetCol.UUID.Put(r, uuid.NewString())
	network.VnetCol.Macaddress.Put(r, column.NewMAC())
	return completeSubnet(w.Tx, r)
}

func updateVnet(w *engine.Inside, old *schema.Record, set schema.Set) error {
	if on, given := network.VnetCol.Enabled.In(set); given && !on.Bool() && network.VnetCol.Enabled.Of(old).Bool() {
		if err := held.Network(w.Tx, old.Key.Int(), network.VnetCol.Name.Of(old).Text()); err != nil {
			return err // its bridge would go, and come back without the guests' cards
		}
	}
	of := network.VnetCol
	next := old.Clone()
	next.PutAll(set)
	router, moved := of.Ipaddress.In(set)
	if _, named := of.Network.In(set); moved && !named && strings.Contains(router.Text(), "/") {
		of.Network.Put(next, "") // the new address names the subnet
	}
	if err := completeSubnet(w.Tx, next); err != nil {
		return err
	}
	for _, c := range []schema.Column[string]{of.Network, of.Ipaddress} {
		if v := c.Of(next); v != c.Of(old) {
			set[c.Name()] = v
		}
	}
	return power.Obey(w, old, of.Machine.Of(old))
}

// completeSubnet names the subnet that a network has by what was said of it, or by nothing but that it has DHCP. All else that follows is left
// open in the row (package subnet), so that clients read back what they sent.
func completeSubnet(tx *store.Tx, r *schema.Record) error {
	s, err := subnet.Of(network.SubnetOf(r))
	if err != nil {
		return err
	}
	if !s.Network.IsValid() {
		if !network.VnetCol.DHCPEnabled.Of(r).Bool() {
			return nil
		}
		if s.Network, err = freeSubnet(tx, nil); err != nil {
			return err
		}
	}
	if given, err := netip.ParsePrefix(network.VnetCol.Network.Of(r).Text()); err == nil && given.Addr() != s.Network.Addr() && network.VnetCol.Ipaddress.Of(r).Text() == "" {
		network.VnetCol.Ipaddress.Put(r, s.Router.String()) // 10.0.0.1/24 names the router
	}
	network.VnetCol.Network.Put(r, s.Network.String())
	return nil
}

// freeSubnet returns one that no network has, and that overlaps nothing else taken.
func freeSubnet(tx *store.Tx, taken []netip.Prefix) (netip.Prefix, error) {
	rows, err := store.FindRows[network.Vnet](tx, store.IsNot(network.VnetCol.Network, ""))
	if err != nil {
		return netip.Prefix{}, err
	}
	for _, r := range rows {
		if p, err := netip.ParsePrefix(r.Network); err == nil {
			taken = append(taken, p)
		}
	}
	return subnet.Free(taken)
}

// powerOnVnet applies the rules first when it is asked to, by the request or by the row.
func powerOnVnet(w *engine.Inside, r *schema.Record, params schema.Set) error {
	if !network.VnetCol.Enabled.Of(r).Bool() {
		return errs.New(errs.Conflict, "vnet_disabled", "network %q is disabled; enable it first", network.VnetCol.Name.Of(r).Text())
	}
	if params["apply"].Bool() || network.VnetCol.ApplyFwOnStart.Of(r).Bool() {
		if err := w.Apply(r, network.VnetCol.NeedFwApply, network.VnetCol.LastFwApply); err != nil {
			return err
		}
	}
	return power.Ask(w, network.VnetCol.Machine.Of(r), "poweron", true)
}
