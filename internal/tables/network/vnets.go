package network

import (
	"net/netip"

	"github.com/google/uuid"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/column"
	"dewpoint/internal/schema"
	"dewpoint/internal/tables/power"
)

var vnetHooks = engine.Hooks{
	Create:  prepareVnet,
	Created: func(w *engine.Inside, r *schema.Record) error { return power.Obey(w, r) },
	Update:  updateVnet,
	Actions: map[string]engine.Action{
		"poweron": powerOnVnet,
		"poweroff": func(w *engine.Inside, r *schema.Record, _ schema.Set) error {
			return power.Ask(w, r.Get("machine"), "kill", false)
		},
		"reset": func(w *engine.Inside, r *schema.Record, params schema.Set) error {
			if err := powerOnVnet(w, r, params); err != nil {
				return err
			}
			return power.Ask(w, r.Get("machine"), "reset", true)
		},
		"refresh": func(w *engine.Inside, r *schema.Record, _ schema.Set) error {
			return w.Apply(r, "need_fw_apply", "last_fw_apply")
		},
		"applydns": func(w *engine.Inside, r *schema.Record, _ schema.Set) error {
			return w.Apply(r, "need_dns_apply", "last_dns_apply")
		},
	},
}

func prepareVnet(_ *engine.Inside, r *schema.Record) error {
	r.Put("uuid", schema.TextValue(uuid.NewString()))
	r.Put("macaddress", schema.TextValue(column.NewMAC()))
	return completeSubnet(r)
}

func updateVnet(w *engine.Inside, old *schema.Record, set schema.Set) error {
	next := old.Clone()
	next.PutAll(set)
	if err := completeSubnet(next); err != nil {
		return err
	}
	for _, name := range []string{"network", "ipaddress", "dhcp_start", "dhcp_stop"} {
		if next.Get(name) != old.Get(name) {
			set[name] = next.Get(name)
		}
	}
	return power.Obey(w, old)
}

// completeSubnet fills in what follows from the subnet: the router's address is its first one, and DHCP hands out all the others.
func completeSubnet(r *schema.Record) error {
	subnet, err := netip.ParsePrefix(r.Get("network").Text())
	if err != nil || !subnet.Addr().Is4() {
		return nil // the declaration's check says what is wrong
	}
	if r.Get("ipaddress").Text() == "" {
		router := subnet.Addr() // 10.0.0.1/24 names the router
		if router == subnet.Masked().Addr() {
			router = router.Next()
		}
		r.Put("ipaddress", schema.TextValue(router.String()))
	}
	r.Put("network", schema.TextValue(subnet.Masked().String()))
	if !r.Get("dhcp_enabled").Bool() {
		return nil
	}
	first, last := hostRange(subnet)
	if router, err := netip.ParseAddr(r.Get("ipaddress").Text()); err == nil && router == first {
		first = first.Next()
	}
	if r.Get("dhcp_start").Text() == "" {
		r.Put("dhcp_start", schema.TextValue(first.String()))
	}
	if r.Get("dhcp_stop").Text() == "" {
		r.Put("dhcp_stop", schema.TextValue(last.String()))
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
	if !r.Get("enabled").Bool() {
		return errs.New(errs.Conflict, "vnet_disabled", "network %q is disabled; set enabled to true first", r.Get("name").Text())
	}
	if params["apply"].Bool() || r.Get("apply_fw_on_start").Bool() {
		if err := w.Apply(r, "need_fw_apply", "last_fw_apply"); err != nil {
			return err
		}
	}
	return power.Ask(w, r.Get("machine"), "poweron", true)
}
