package engine

import (
	"crypto/rand"
	"fmt"
	"net/netip"
	"strings"

	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
)

var nicHooks = hooks{create: prepareNIC, update: updateNIC}

func prepareNIC(w *Write, r *schema.Record) error {
	if err := w.number(r, "nic"); err != nil {
		return err
	}
	if r.Get("macaddress").Text() == "" {
		r.Put("macaddress", schema.TextValue(newMAC()))
	}
	r.Put("macaddress", schema.TextValue(normalMAC(r.Get("macaddress").Text())))
	if err := checkMAC(r.Get("macaddress").Text()); err != nil {
		return err
	}
	if text := r.Get("ipaddress").Text(); text != "" {
		if err := w.checkNICAddress(r.Get("vnet"), text); err != nil {
			return err
		}
		r.Put("ip_reserved", schema.BoolValue(true))
	}
	return w.refuseNode(r)
}

func updateNIC(w *Write, old *schema.Record, set schema.Set) error {
	if v, ok := set["macaddress"]; ok {
		if v.Text() == "" {
			v = schema.TextValue(newMAC())
		}
		set["macaddress"] = schema.TextValue(normalMAC(v.Text()))
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
			if err := w.checkNICAddress(vnet, v.Text()); err != nil {
				return err
			}
		}
		set["ip_reserved"] = schema.BoolValue(v.Text() != "")
	}
	return nil
}

// checkNICAddress holds a wished address against the network's subnet.
func (w *Write) checkNICAddress(vnet schema.Value, text string) error {
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

// newMAC makes an address in the range that QEMU guests commonly have.
func newMAC() string {
	var b [3]byte
	if _, err := rand.Read(b[:]); err != nil { // crypto/rand never fails on a running Linux
		panic(err)
	}
	return fmt.Sprintf("52:54:00:%02x:%02x:%02x", b[0], b[1], b[2])
}

// normalMAC writes an address with lower-case digits and colons.
func normalMAC(s string) string {
	digits := strings.NewReplacer(":", "", "-", "").Replace(strings.ToLower(s))
	var parts []string
	for i := 0; i+1 < len(digits); i += 2 {
		parts = append(parts, digits[i:i+2])
	}
	return strings.Join(parts, ":")
}

// checkMAC refuses group addresses, which no NIC can have.
func checkMAC(mac string) error {
	var first byte
	if _, err := fmt.Sscanf(mac, "%02x", &first); err != nil || first&1 == 1 || mac == "00:00:00:00:00:00" {
		return errs.Field("macaddress", "%s is no address of a single card", mac)
	}
	return nil
}
