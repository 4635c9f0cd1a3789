package vnet

import (
	"net/netip"
	"os"
	"strings"
)

// resolvFiles are tried in turn: where systemd-resolved runs, the first one names only its own loopback address, and the second
// one the servers that it asks (systemd-resolved.service(8)).
var resolvFiles = []string{"/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"}

// hostResolvers returns the name servers that the host asks and that a router can reach, too; none when there are none.
func hostResolvers() []netip.Addr {
	for _, path := range resolvFiles {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if found := parseResolvers(string(text)); len(found) > 0 {
			return found
		}
	}
	return nil
}

// parseResolvers reads the nameserver lines of a resolv.conf(5): without loopback addresses, which in a router mean the router
// itself, and without link-local and IPv6 ones, which it can't reach.
func parseResolvers(text string) (out []netip.Addr) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0] != "nameserver" {
			continue
		}
		a, err := netip.ParseAddr(fields[1])
		if err == nil && a.Is4() && !a.IsLoopback() && !a.IsUnspecified() && !a.IsLinkLocalUnicast() {
			out = append(out, a)
		}
	}
	return out
}
