package dnsmasq

import (
	"net/netip"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"dewpoint/internal/errs"
)

var (
	validLabel     = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)
	validInterface = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,14}$`)
	// validDir is narrow on purpose: dnsmasq gives meaning to quotes, commas and # within a line.
	validDir = regexp.MustCompile(`^/[A-Za-z0-9/_.@+-]+$`)
)

// The shortest lease dnsmasq accepts, and the MTUs that fit into DHCP option 26 (RFC 2132, 5.1).
const (
	minLease = 2 * time.Minute
	minMTU   = 68
	maxMTU   = 65535
)

func (c Config) check() error {
	switch {
	case !validDir.MatchString(c.Dir) || filepath.Clean(c.Dir) != c.Dir:
		return refuse("", "the directory %q can't stand in a dnsmasq configuration", c.Dir)
	case !validInterface.MatchString(c.Interface):
		return refuse("", "%q can't name an interface", c.Interface)
	case !c.Address.Is4():
		return refuse("ipaddress", "%v isn't an IPv4 address", c.Address)
	case c.Domain != "" && !validDomain(c.Domain):
		return refuse("domain", "%q isn't a domain name: use labels of letters, digits and hyphens joined by dots", c.Domain)
	case c.Name != "" && !validLabel.MatchString(c.Name):
		return refuse("hostname", "%q isn't a host name: use letters, digits and hyphens", c.Name)
	}
	if c.DNS != nil {
		if err := checkServers(c.DNS.Upstream); err != nil {
			return err
		}
	}
	if c.DHCP != nil {
		return c.DHCP.check()
	}
	return nil
}

func (d DHCP) check() error {
	if !d.Network.IsValid() || !d.Network.Addr().Is4() {
		return refuse("network", "%v isn't an IPv4 network", d.Network)
	}
	if d.Start.IsValid() || d.End.IsValid() {
		if !d.Start.IsValid() || !d.Network.Contains(d.Start) {
			return refuse("dhcp_start", "the first address %v is not inside %v", d.Start, d.Network)
		}
		if !d.End.IsValid() || !d.Network.Contains(d.End) || d.End.Less(d.Start) {
			return refuse("dhcp_stop", "the last address %v is not inside %v at or after the first", d.End, d.Network)
		}
	}
	if d.Router.IsValid() && !d.Network.Contains(d.Router) {
		return refuse("gateway", "the gateway %v is not inside %v", d.Router, d.Network)
	}
	if d.Lease != 0 && d.Lease < minLease {
		return refuse("", "a lease of %v is shorter than %v", d.Lease, minLease)
	}
	if d.MTU != 0 && (d.MTU < minMTU || d.MTU > maxMTU) {
		return refuse("mtu", "an MTU of %d is outside %d to %d", d.MTU, minMTU, maxMTU)
	}
	return checkServers(d.NameServer)
}

func checkServers(servers []netip.Addr) error {
	for _, s := range servers {
		if !s.IsValid() || s.Zone() != "" || s.IsUnspecified() || s.IsMulticast() {
			return refuse("dnslist", "%v can't be a name server", s)
		}
	}
	return nil
}

func (h Host) check() error {
	switch {
	case len(h.MAC) != 6:
		return refuse("macaddress", "%q isn't an Ethernet address", h.MAC)
	case h.IP.IsValid() && !h.IP.Is4():
		return refuse("ipaddress", "%v isn't an IPv4 address", h.IP)
	case h.Name != "" && !validLabel.MatchString(h.Name):
		return refuse("name", "%q isn't a host name: use letters, digits and hyphens, at most 63", h.Name)
	case !h.IP.IsValid() && h.Name == "":
		return refuse("macaddress", "the reservation of %v reserves nothing", h.MAC)
	}
	return nil
}

func validDomain(name string) bool {
	if len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(name, ".") {
		if !validLabel.MatchString(label) {
			return false
		}
	}
	return true
}

func refuse(field, format string, args ...any) error {
	return errs.New(errs.Invalid, "dnsmasq_config", format, args...).On(field)
}
