package resource

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
)

// networkBody is the body of a create and of an update.
type networkBody struct {
	Name      string   `json:"name" maxLength:"128"`
	Mode      string   `json:"mode" doc:"nat (also when missing) or private; route and bridge aren't built"`
	Bridge    string   `json:"bridge" doc:"Dewpoint names its bridges itself"`
	IPRange   *ipRange `json:"ip_range"`
	DHCP      *dhcp    `json:"dhcp"`
	Autostart *bool    `json:"autostart"`
}

type createNetworkInput struct{ Body networkBody }

type updateNetworkInput struct {
	Name string `path:"name"`
	Body networkBody
}

func (s *server) createNetwork(ctx context.Context, in *createNetworkInput) (networkDone, error) {
	b := &in.Body
	if b.Mode == "" {
		b.Mode = "nat"
	}
	row, err := b.vnetInput()
	if err != nil {
		return networkDone{}, err
	}
	if b.IPRange == nil && b.Mode == "nat" {
		return networkDone{}, errs.New(errs.Invalid, "invalid_ip_range", "a network of mode nat needs ip_range").On("ip_range")
	}
	row["name"] = engine.Text(b.Name)
	err = s.Engine.Do(ctx, func(w *engine.Write) error {
		made, err := w.CreateWith("vnets", row, b.inner())
		if err != nil {
			return err
		}
		if err := b.apply(w, made.Key, nil); err != nil {
			return err
		}
		return w.Act("vnets", made.Key.Text(), "poweron", nil)
	})
	if err != nil {
		return networkDone{}, err
	}
	made, err := engine.Made[vnetRow](ctx, s.Engine, "vnets", vnetRequest(b.Name))
	return s.networkDone(&made, "created"), err
}

func (s *server) updateNetwork(ctx context.Context, in *updateNetworkInput) (networkDone, error) {
	old, err := s.vnet(ctx, in.Name, perm.Modify, perm.Read) // the reservations are held against those there are
	if err != nil {
		return networkDone{}, err
	}
	b := &in.Body
	row, err := b.vnetInput()
	if err != nil {
		return networkDone{}, err
	}
	name := old.Name
	if b.Name != "" && b.Name != old.Name {
		name, row["name"] = b.Name, engine.Text(b.Name)
	}
	err = s.Engine.Do(ctx, func(w *engine.Write) error {
		if err := w.UpdateWith("vnets", keyText(old.Key), row, b.inner()); err != nil {
			return err
		}
		return b.apply(w, schema.IntValue(old.Key), old.Addresses)
	})
	if err != nil {
		return networkDone{}, err
	}
	now, err := s.vnet(ctx, name, perm.Read)
	return s.networkDone(&now, "updated"), err
}

func (s *server) networkDone(row *vnetRow, what string) networkDone {
	return networkDone{Network: s.network(row), Message: fmt.Sprintf("Network %s %s", row.Name, what)}
}

// vnetInput returns the columns of vnets that the client gave.
func (b *networkBody) vnetInput() (schema.Input, error) {
	switch b.Mode {
	case "", "nat", "private":
	case "route", "bridge":
		return nil, errs.New(errs.NotBuilt, "mode_not_built", "networks of mode %s can't be made yet; nat and private ones can", b.Mode).On("mode")
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
func (b *networkBody) inner() schema.Set {
	if b.Mode == "" {
		return nil
	}
	return schema.Set{"mode": schema.TextValue(b.Mode)}
}

// apply makes the reservations those of the body.
func (b *networkBody) apply(w *engine.Write, vnet schema.Value, have []addressRow) error {
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
		if err := w.Delete("vnet_addresses", keyText(a.Key)); err != nil {
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
