// Package column holds what columns of several areas have in common: patterns, lists of values, and whole columns.
package column

import (
	"net/netip"
	"regexp"
	"strings"
)

// Patterns that more than one table's columns must match. What they let through is safe in domain XML, nft and dnsmasq text.
var (
	// Control characters of both ranges, line separators, and what XML can't hold or what stands for broken text: no domain could have
	// such a title.
	Printable   = regexp.MustCompile(`^[^\x00-\x1f\x7f-\x{9f}/\x{2028}\x{2029}\x{fffd}-\x{ffff}]+$`)
	Hostname    = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)
	DNSDomain   = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)
	UUID        = regexp.MustCompile(`^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$`)
	Serial      = regexp.MustCompile(`^[A-Za-z0-9 _.+-]*$`)
	LoginName   = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9_.@-]*$`)
	MachineType = regexp.MustCompile(`^(q35|pc|yottabyte|pc-q35-[0-9]{1,2}\.[0-9]{1,2}|pc-i440fx-[0-9]{1,2}\.[0-9]{1,2})$`)
)

const (
	NotPrintable = "printable text without a slash"
	NotHostname  = "a host name (letters, digits, hyphens)"
	NotDNSDomain = "a DNS domain"
)

// ListWords splits a list that clients write with commas, spaces or line breaks.
func ListWords(text string) []string {
	return strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(", \t\r\n", c) })
}

// Subnets reads the addresses and subnets of a list that was checked; an address is a subnet of its own.
func Subnets(list string) (found []netip.Prefix) {
	for _, word := range ListWords(list) {
		p, err := netip.ParsePrefix(word)
		if a, bad := netip.ParseAddr(word); err != nil && bad == nil {
			a = a.Unmap().WithZone("")
			p, err = netip.PrefixFrom(a, a.BitLen()), nil
		}
		if err == nil {
			found = append(found, p)
		}
	}
	return found
}

// NobodysName reports whether a name on a network would make its machine speak for others: browsers ask wpad for the proxy to use, and programs take
// localhost for themselves (CERT VU#598349, RFC 6761).
func NobodysName(name string) bool {
	return strings.EqualFold(name, "wpad") || strings.EqualFold(name, "localhost")
}
