package network

import (
	"encoding/json"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

// NetworkBody is the body of a create and of an update.
type NetworkBody struct {
	Name      string   `json:"name" maxLength:"128"`
	Mode      string   `json:"mode" doc:"nat (the default) or private; route and bridge aren't supported yet"`
	Bridge    string   `json:"bridge" doc:"leave it out, or send what the network has; Dewpoint names its bridges itself"`
	IPRange   *ipRange `json:"ip_range"`
	DHCP      *dhcp    `json:"dhcp"`
	Autostart *bool    `json:"autostart"`
}

// NetworkFacts are what a reply shows of a network and nobody sets. An update takes them, so that a client may send back what it read.
type NetworkFacts struct {
	ID         any `json:"id" readOnly:"true"`
	UUID       any `json:"uuid" readOnly:"true"`
	State      any `json:"state" readOnly:"true"`
	Persistent any `json:"persistent" readOnly:"true"`
}

// refuse names what a network can't have; bridge is that of the network, none while it is made.
func (b *NetworkBody) refuse(bridge string) error {
	if b.Bridge != "" && b.Bridge != bridge {
		return errs.New(errs.NotBuilt, "not_built", "Dewpoint names its bridges itself and uses no others; leave bridge out").On("bridge")
	}
	return nil
}

// vnetInput returns the columns of vnets that the client gave.
func (b *NetworkBody) vnetInput() (schema.Input, error) {
	switch b.Mode {
	case "", "nat", "private":
	case "route", "bridge":
		return nil, errs.New(errs.NotBuilt, "mode_not_built", "mode %s isn't supported yet; use nat or private", b.Mode).On("mode")
	default:
		return nil, errs.New(errs.Invalid, "invalid_mode", "mode %q is not known; use nat or private", b.Mode).On("mode")
	}
	row := schema.Input{}
	if b.Autostart != nil {
		row["autostart"] = engine.Flag(*b.Autostart)
	}
	if b.IPRange != nil {
		if err := b.IPRange.into(row); err != nil {
			return nil, err
		}
	}
	if b.DHCP != nil {
		row["dhcp_enabled"], row["dhcp_start"], row["dhcp_stop"] = engine.Flag(true), engine.Text(b.DHCP.Start), engine.Text(b.DHCP.End)
	}
	return row, nil
}

// into writes the range as a subnet and the router's address in it. An address that names the subnet leaves the choice of the router's.
func (r *ipRange) into(row schema.Input) error {
	addr, err := netip.ParseAddr(r.Address)
	if err != nil || !addr.Is4() {
		return errs.New(errs.Invalid, "invalid_address", "ip_range.address %q is not an IPv4 address", r.Address).On("ip_range.address")
	}
	bits, ok := maskBits(r.Netmask)
	if !ok {
		return errs.New(errs.Invalid, "invalid_netmask", "ip_range.netmask %q is not a netmask, as in 255.255.255.0", r.Netmask).On("ip_range.netmask")
	}
	subnet := netip.PrefixFrom(addr, bits).Masked()
	row["network"], row["ipaddress"], row["gateway"] = engine.Text(subnet.String()), engine.Text(""), engine.Text(r.Gateway)
	if addr != subnet.Addr() {
		row["ipaddress"] = engine.Text(addr.String())
	}
	return nil
}

// maskBits reads 255.255.255.0, 24 or /24.
func maskBits(text string) (int, bool) {
	if n, err := strconv.Atoi(strings.TrimPrefix(text, "/")); err == nil {
		return n, n >= 0 && n <= 32
	}
	mask := net.ParseIP(text).To4()
	if mask == nil {
		return 0, false
	}
	ones, size := net.IPMask(mask).Size()
	return ones, size == 32
}

// inner is what has no column that clients can write: the mode.
func (b *NetworkBody) inner() schema.Set {
	if b.Mode == "" {
		return nil
	}
	return schema.Set{"mode": schema.TextValue(b.Mode)}
}

// apply makes the reservations those of the body.
func (b *NetworkBody) apply(w *engine.Write, vnet schema.Value, have []addressRow) error {
	if b.DHCP == nil || b.DHCP.Hosts == nil {
		return nil
	}
	wanted := slices.Clone(b.DHCP.Hosts)
	for _, a := range have {
		if a.Type != "static" {
			continue
		}
		if i := slices.Index(wanted, dhcpHost{MAC: a.MAC, IP: a.IP, Name: a.Hostname}); i >= 0 {
			wanted = slices.Delete(wanted, i, i+1)
			continue
		}
		if err := w.Delete("vnet_addresses", shape.Key(a.Key)); err != nil {
			return err
		}
	}
	for _, h := range wanted {
		_, err := w.Create("vnet_addresses", schema.Input{
			"vnet": json.RawMessage(vnet.Text()), "type": engine.Text("static"), "mac": engine.Text(strings.ToLower(h.MAC)), "ip": engine.Text(h.IP), "hostname": engine.Text(h.Name),
		})
		if err != nil {
			return err
		}
	}
	return nil
}
