package dnsmasq

import (
	"net"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// DHCP options by number (RFC 2132), so that the text does not depend on dnsmasq's own names for them.
const (
	optionRouter     = 3
	optionNameServer = 6
	optionMTU        = 26
)

// nobodys are names that no DHCP client gets, whatever it calls itself: its machine would speak for others. Browsers ask wpad which proxy to use (CERT
// VU#598349), and localhost is everybody's own.
var nobodys = []string{"wpad", "localhost"}

// Render returns the text of the configuration file. Equal values give equal text. Hosts are not in it.
func (c Config) Render() (string, error) {
	if err := c.check(); err != nil {
		return "", err
	}
	var t text
	t.line("interface", c.Interface)
	t.line("except-interface", "lo")
	t.line("bind-interfaces", "")
	t.line("pid-file", filepath.Join(c.Dir, OwnFolder, pidFile))
	t.line("log-facility", filepath.Join(c.Dir, OwnFolder, logFile))
	t.line("no-hosts", "")
	t.line("no-resolv", "")
	t.dns(c)
	if c.DHCP != nil {
		t.dhcp(c)
	}
	return t.b.String(), nil
}

// RenderHosts returns the text of the reservations file, in the order given.
func (c Config) RenderHosts() (string, error) {
	var b strings.Builder
	for _, h := range c.Hosts {
		if err := h.check(); err != nil {
			return "", err
		}
		b.WriteString(h.MAC.String())
		if h.IP.IsValid() {
			b.WriteString("," + h.IP.String())
		}
		if h.Name != "" {
			b.WriteString("," + h.Name)
		}
		b.WriteString("\n")
	}
	return b.String(), nil
}

// text is a configuration file being written.
type text struct{ b strings.Builder }

// line writes one option; values are joined by commas, and an option without a value stands alone.
func (t *text) line(option string, values ...string) {
	t.b.WriteString(option)
	if value := strings.Join(values, ","); value != "" {
		t.b.WriteString("=" + value)
	}
	t.b.WriteByte('\n')
}

func (t *text) dns(c Config) {
	if c.Domain != "" {
		t.line("domain", c.Domain)
	}
	if c.DNS == nil {
		t.line("port", "0")
		return
	}
	t.line("domain-needed", "")
	t.line("bogus-priv", "")
	t.line("expand-hosts", "")
	if c.Domain != "" {
		t.line("local", "/"+c.Domain+"/")
	}
	if c.Name != "" && c.Address.IsValid() {
		names := []string{c.Name}
		if c.Domain != "" {
			names = []string{c.Name + "." + c.Domain, c.Name}
		}
		t.line("host-record", append(names, c.Address.String())...)
	}
	for _, s := range c.DNS.Upstream {
		t.line("server", s.String())
	}
}

func (t *text) dhcp(c Config) {
	d := c.DHCP
	mask := net.IP(net.CIDRMask(d.Network.Bits(), 32)).String()
	first, last := d.Network.Masked().Addr().String(), "static"
	if d.Start.IsValid() {
		first, last = d.Start.String(), d.End.String()
	}
	lease := d.Lease
	if lease == 0 {
		lease = time.Hour
	}
	t.line("dhcp-range", first, last, mask, strconv.Itoa(int(lease.Seconds())))
	for _, name := range nobodys {
		t.line("dhcp-name-match", "set:nobody", name)
	}
	t.line("dhcp-ignore-names", "tag:nobody")
	t.line("dhcp-authoritative", "")
	t.line("quiet-dhcp", "")
	// An option without values is not sent; left out, dnsmasq would send its own address.
	t.option(optionRouter, addresses(d.Router)...)
	if c.DNS != nil {
		t.option(optionNameServer, c.Address.String())
	} else {
		t.option(optionNameServer, addresses(d.NameServer...)...)
	}
	if d.MTU != 0 {
		t.option(optionMTU, strconv.Itoa(d.MTU))
	}
	if d.Sequential {
		t.line("dhcp-sequential-ip", "")
	}
	t.line("dhcp-hostsfile", filepath.Join(c.Dir, hostsFile))
	t.line("dhcp-leasefile", filepath.Join(c.Dir, OwnFolder, LeasesFile))
}

func (t *text) option(number int, values ...string) {
	t.line("dhcp-option", append([]string{strconv.Itoa(number)}, values...)...)
}

func addresses(list ...netip.Addr) (out []string) {
	for _, a := range list {
		if a.Is4() { // the options carry IPv4 addresses only
			out = append(out, a.String())
		}
	}
	return out
}
