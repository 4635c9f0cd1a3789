package agent

import (
	"net"
	"net/netip"
	"strings"
	"unicode"
	"unicode/utf8"
)

// text is what is kept of a guest's text: printable, and at most that many bytes.
func text(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) && r != unicode.ReplacementChar {
			return r
		}
		return -1
	}, s[:min(len(s), 4*most)])
	for len(s) > most {
		_, n := utf8.DecodeLastRuneInString(s)
		s = s[:len(s)-n]
	}
	return s
}

// first returns the first n of a list.
func first[T any](list []T, n int) []T { return list[:min(len(list), n)] }

// checked keeps of an interface what is one: addresses that are some, in the form that everybody writes them.
func checked(said Interface) Interface {
	kept := Interface{Name: text(said.Name, 64), Addresses: []Address{}}
	if mac, err := net.ParseMAC(said.MAC); err == nil && len(mac) == 6 {
		kept.MAC = mac.String()
	}
	for _, a := range first(said.Addresses, mostAddresses) {
		ip, err := netip.ParseAddr(a.IP)
		if err != nil || ip.Zone() != "" {
			continue
		}
		ip = ip.Unmap()
		one := Address{Type: "ipv6", IP: ip.String(), Prefix: min(max(a.Prefix, 0), ip.BitLen())}
		if ip.Is4() {
			one.Type = "ipv4"
		}
		kept.Addresses = append(kept.Addresses, one)
	}
	return kept
}
