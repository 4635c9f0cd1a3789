package dnsmasq_test

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/dnsmasq"
	"dewpoint/internal/host/link"
	"dewpoint/internal/host/link/linktest"
	"dewpoint/test/golden"
)

func addr(text string) netip.Addr { return netip.MustParseAddr(text) }

// config returns a whole configuration in a directory that exists nowhere; each call a new one, for tests to change.
func config() dnsmasq.Config {
	return dnsmasq.Config{
		Dir: "/var/lib/dewpoint/vnets/7", Interface: "lan", Address: addr("10.0.0.1"), Domain: "lab.example", Name: "router",
		DHCP: &dnsmasq.DHCP{
			Network: netip.MustParsePrefix("10.0.0.0/24"), Start: addr("10.0.0.10"), End: addr("10.0.0.99"),
			Router: addr("10.0.0.1"), Lease: 10 * time.Minute, MTU: 1450, Sequential: true,
		},
		DNS: &dnsmasq.DNS{Upstream: []netip.Addr{addr("9.9.9.9"), addr("2620:fe::fe")}},
		Hosts: []dnsmasq.Host{
			{MAC: net.HardwareAddr{2, 0, 0, 0, 0, 1}, IP: addr("10.0.0.5"), Name: "db"},
			{MAC: net.HardwareAddr{2, 0, 0, 0, 0, 2}, IP: addr("10.0.0.6")},
			{MAC: net.HardwareAddr{2, 0, 0, 0, 0, 3}, Name: "web-1"},
		},
	}
}

// shapes are the configurations worth looking at.
func shapes() map[string]dnsmasq.Config {
	full, addressesOnly, namesOnly, reserved := config(), config(), config(), config()
	addressesOnly.DNS, addressesOnly.Domain = nil, ""
	addressesOnly.DHCP = &dnsmasq.DHCP{
		Network: full.DHCP.Network, Start: full.DHCP.Start, End: full.DHCP.End,
		NameServer: []netip.Addr{addr("1.1.1.1"), addr("2620:fe::fe"), addr("8.8.8.8")},
	}
	namesOnly.DHCP, namesOnly.Hosts = nil, nil
	namesOnly.DNS = &dnsmasq.DNS{}
	reserved.DNS = nil
	reserved.DHCP = &dnsmasq.DHCP{Network: full.DHCP.Network}
	return map[string]dnsmasq.Config{"full": full, "addresses-only": addressesOnly, "names-only": namesOnly, "reserved-only": reserved}
}

func TestRenderGolden(t *testing.T) {
	t.Parallel()
	for name, c := range shapes() {
		files, err := c.Files()
		if err != nil {
			t.Fatal(err)
		}
		golden.Equal(t, "testdata/"+name+".conf", files.Conf)
		golden.Equal(t, "testdata/"+name+".hosts", files.Hosts)
	}
}

func TestDnsmasqReadsEveryShape(t *testing.T) {
	t.Parallel()
	linktest.Tool(t, "dnsmasq")
	for name, c := range shapes() {
		c.Dir = t.TempDir()
		files, err := c.Files()
		if err != nil {
			t.Fatal(err)
		}
		if err := dnsmasq.Write(c.Dir, files); err != nil {
			t.Fatal(err)
		}
		if err := (dnsmasq.Tool{In: link.In}).Check(context.Background(), c.Dir); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRefusedConfigs(t *testing.T) {
	t.Parallel()
	mac := net.HardwareAddr{2, 0, 0, 0, 0, 1}
	for name, change := range map[string]func(*dnsmasq.Config){
		"name comma":      func(c *dnsmasq.Config) { c.Name = "a,b" },
		"name newline":    func(c *dnsmasq.Config) { c.Name = "a\nb" },
		"domain newline":  func(c *dnsmasq.Config) { c.Domain = "a\nconf-file=/etc/passwd" },
		"domain comma":    func(c *dnsmasq.Config) { c.Domain = "a,10.0.0.0/8" },
		"domain NUL":      func(c *dnsmasq.Config) { c.Domain = "a\x00b" },
		"domain slash":    func(c *dnsmasq.Config) { c.Domain = "a/b" },
		"domain dots":     func(c *dnsmasq.Config) { c.Domain = "a..b" },
		"domain hyphen":   func(c *dnsmasq.Config) { c.Domain = "-a" },
		"domain long":     func(c *dnsmasq.Config) { c.Domain = strings.Repeat("a.", 127) + "a" },
		"label long":      func(c *dnsmasq.Config) { c.Domain = strings.Repeat("a", 64) },
		"dir relative":    func(c *dnsmasq.Config) { c.Dir = "vnets/7" },
		"dir newline":     func(c *dnsmasq.Config) { c.Dir = "/a\nb" },
		"dir unclean":     func(c *dnsmasq.Config) { c.Dir = "/a/../b" },
		"interface":       func(c *dnsmasq.Config) { c.Interface = "lan,wan" },
		"address":         func(c *dnsmasq.Config) { c.Address = addr("fd00::1") },
		"no address":      func(c *dnsmasq.Config) { c.Address = netip.Addr{} },
		"network":         func(c *dnsmasq.Config) { c.DHCP.Network = netip.MustParsePrefix("fd00::/64") },
		"start outside":   func(c *dnsmasq.Config) { c.DHCP.Start = addr("10.0.1.10") },
		"end outside":     func(c *dnsmasq.Config) { c.DHCP.End = addr("10.0.1.10") },
		"end first":       func(c *dnsmasq.Config) { c.DHCP.End = addr("10.0.0.9") },
		"start alone":     func(c *dnsmasq.Config) { c.DHCP.End = netip.Addr{} },
		"end alone":       func(c *dnsmasq.Config) { c.DHCP.Start = netip.Addr{} },
		"gateway":         func(c *dnsmasq.Config) { c.DHCP.Router = addr("10.0.1.1") },
		"short lease":     func(c *dnsmasq.Config) { c.DHCP.Lease = time.Second },
		"MTU":             func(c *dnsmasq.Config) { c.DHCP.MTU = 65536 },
		"upstream zero":   func(c *dnsmasq.Config) { c.DNS.Upstream = []netip.Addr{{}} },
		"upstream zone":   func(c *dnsmasq.Config) { c.DNS.Upstream = []netip.Addr{addr("fe80::1%eth0\nx")} },
		"name server":     func(c *dnsmasq.Config) { c.DHCP.NameServer = []netip.Addr{addr("0.0.0.0")} },
		"host name":       func(c *dnsmasq.Config) { c.Hosts = []dnsmasq.Host{{MAC: mac, Name: "a\nb"}} },
		"host name comma": func(c *dnsmasq.Config) { c.Hosts = []dnsmasq.Host{{MAC: mac, Name: "a,ignore"}} },
		"host dotted":     func(c *dnsmasq.Config) { c.Hosts = []dnsmasq.Host{{MAC: mac, Name: "a.b"}} },
		"host IP":         func(c *dnsmasq.Config) { c.Hosts = []dnsmasq.Host{{MAC: mac, IP: addr("::1")}} },
		"host MAC":        func(c *dnsmasq.Config) { c.Hosts = []dnsmasq.Host{{MAC: mac[:5], Name: "a"}} },
		"host empty":      func(c *dnsmasq.Config) { c.Hosts = []dnsmasq.Host{{MAC: mac}} },
	} {
		c := config()
		change(&c)
		if files, err := c.Files(); !errs.Is(err, errs.Invalid) {
			t.Errorf("%s: got %+v, %v, want Invalid", name, files, err)
		}
	}
}
