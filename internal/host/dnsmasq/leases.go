package dnsmasq

import (
	"errors"
	"io/fs"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"dewpoint/internal/errs"
)

// Lease is an address that dnsmasq has given out.
type Lease struct {
	Expiry   time.Time // zero: never
	MAC      net.HardwareAddr
	IP       netip.Addr
	Hostname string // as the client called itself, or empty
	ClientID string // colon separated hex, or empty
}

// ReadLeases returns what the lease file in dir holds; none when there is no file yet, or none that root may open.
func ReadLeases(dir string) ([]Lease, error) {
	text, err := readOwn(dir, LeasesFile)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errNotPlain) {
		return nil, errs.New(errs.Internal, "dnsmasq_leases", "reading the leases: %w", err)
	}
	return ParseLeases(string(text)), nil
}

// ParseLeases reads a lease file: lines of expiry, MAC, address, host name and client id. Lines that are no IPv4 lease are
// left out (dnsmasq keeps its DUID in the file, and rewrites it in place, so that a last line may be half there).
func ParseLeases(text string) []Lease {
	var out []Lease
	for line := range strings.Lines(text) {
		if !strings.HasSuffix(line, "\n") {
			continue
		}
		if l, ok := parseLease(strings.Fields(line)); ok {
			out = append(out, l)
		}
	}
	return out
}

func parseLease(fields []string) (Lease, bool) {
	if len(fields) != 5 {
		return Lease{}, false
	}
	seconds, err := strconv.ParseInt(fields[0], 10, 64)
	if err != nil || seconds < 0 {
		return Lease{}, false
	}
	mac, err := net.ParseMAC(fields[1])
	if err != nil {
		return Lease{}, false
	}
	ip, err := netip.ParseAddr(fields[2])
	if err != nil || !ip.Is4() {
		return Lease{}, false
	}
	l := Lease{MAC: mac, IP: ip, Hostname: unstar(fields[3]), ClientID: unstar(fields[4])}
	if seconds != 0 {
		l.Expiry = time.Unix(seconds, 0).UTC()
	}
	return l, true
}

// unstar undoes dnsmasq's way to write an empty field.
func unstar(field string) string {
	if field == "*" {
		return ""
	}
	return field
}
