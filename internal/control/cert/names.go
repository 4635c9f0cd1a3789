package cert

import (
	"crypto/x509"
	"net"
	"net/netip"
	"os"
	"slices"
	"time"

	"dewpoint/internal/host/link"
)

// names are what a certificate is good for.
type names struct {
	dns []string // the host's own first
	ips []net.IP
}

// hostNames returns the names and the stable addresses of this host.
func hostNames() (names, error) {
	host, err := os.Hostname()
	if err != nil {
		return names{}, err
	}
	stable, err := link.StableAddresses()
	return namesOf(host, stable), err
}

func namesOf(host string, stable []netip.Addr) names {
	n := names{dns: []string{host}, ips: []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}}
	if host != "localhost" {
		n.dns = append(n.dns, "localhost")
	}
	for _, a := range stable {
		n.ips = append(n.ips, a.AsSlice())
	}
	return n
}

// in reports whether a certificate is good for all of them. It may be good for more.
func (n names) in(c *x509.Certificate) bool {
	for _, name := range n.dns {
		if !slices.Contains(c.DNSNames, name) {
			return false
		}
	}
	for _, ip := range n.ips {
		if !slices.ContainsFunc(c.IPAddresses, ip.Equal) {
			return false
		}
	}
	return true
}

// fresh reports whether a certificate is valid now, and for a while.
func fresh(c *x509.Certificate, now time.Time) bool {
	return !now.Before(c.NotBefore) && now.Add(renewal).Before(c.NotAfter)
}
