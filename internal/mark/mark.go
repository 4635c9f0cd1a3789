// Package mark makes and reads the names that our things carry on the host, so that several installations can share one and each touches only
// its own: links and namespaces begin with "dp", domains with "dp-", both with the instance behind it. A link's name has at most 15 characters.
package mark

import (
	"strconv"
	"strings"
)

// Instance is the mark of an installation, four hex digits.
type Instance string

// Links is what the names of links and namespaces begin with.
func (i Instance) Links() string { return "dp" + string(i) }

// Bridge is the bridge of a network.
func (i Instance) Bridge(vnet int64) string { return i.Bridges() + decimal(vnet) }

// LAN is the host's end of the link between a network and its router.
func (i Instance) LAN(vnet int64) string { return i.LANs() + decimal(vnet) }

// LANs is what their names begin with.
func (i Instance) LANs() string { return i.Links() + "l" }

// WAN is the host's end of the link between a router and the outside.
func (i Instance) WAN(vnet int64) string { return i.Links() + "w" + decimal(vnet) }

// WANs is the pattern of all those, as nftables writes it.
func (i Instance) WANs() string { return i.Links() + "w*" }

// AllLinks is the pattern of all our links, as nftables writes it.
func (i Instance) AllLinks() string { return i.Links() + "*" }

// Bridges is what the names of bridges begin with.
func (i Instance) Bridges() string { return i.Links() + "b" }

// Tap is the host's end of the link between a NIC and its network.
func (i Instance) Tap(nic int64) string { return i.Taps() + decimal(nic) }

// Taps is what the names of taps begin with.
func (i Instance) Taps() string { return i.Links() + "t" }

// Namespaces is what the names of router namespaces begin with.
func (i Instance) Namespaces() string { return i.Links() + "-" }

// Namespace is that of a network's router.
func (i Instance) Namespace(vnet int64) string { return i.Namespaces() + decimal(vnet) }

// Table is our table of nftables.
func (i Instance) Table() string { return "dewpoint_" + string(i) }

// Domains is what the names of domains begin with.
func (i Instance) Domains() string { return "dp-" + string(i) + "-" }

// Domain is that of a machine.
func (i Instance) Domain(machine int64) string { return i.Domains() + decimal(machine) }

// Key reads the key out of a name that begins with the given prefix; ok is false for a name that we would not have made.
func Key(name, prefix string) (n int64, ok bool) {
	digits, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(digits, 10, 64)
	return n, err == nil && n > 0 && decimal(n) == digits
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }
