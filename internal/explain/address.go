package explain

import (
	"fmt"
	"slices"
	"strings"
)

// address says which addresses the VM has, and why a card has none.
func (f *facts) address() []Check {
	if len(f.VM.Machine.NICs) == 0 {
		return []Check{{Address, "no_nic", Problem, "The VM has no network card.", "Make a row of machine_nics with its machine and a network.", fmt.Sprintf("vms/%d", f.VM.Key)}}
	}
	var checks []Check
	for _, n := range f.VM.Machine.NICs {
		checks = append(checks, f.card(n))
	}
	return checks
}

// card says of one card whether it has an address; the first reason that it has none hides those behind it.
func (f *facts) card(n nic) Check {
	row := fmt.Sprintf("machine_nics/%d", n.Key)
	problem := func(code, next, format string, args ...any) Check {
		return Check{Address, code, Problem, fmt.Sprintf(format, args...), next, row}
	}
	switch {
	case !n.Enabled:
		return problem("nic_disabled", "Use the action hotplugnic of vms, which enables it; a running guest gets it at once.", "Card %s is disabled.", n.Name)
	case n.Vnet == nil:
		return problem("no_network", "Set its column vnet.", "Card %s is plugged into no network.", n.Name)
	case !n.Vnet.Machine.state().Running:
		text := fmt.Sprintf("Network %s of card %s is off.", n.Vnet.Name, n.Name)
		if info := n.Vnet.Machine.state().Info; info != "" {
			text += " Its status says: " + sentence(info)
		}
		c := problem("network_off", "Power the network on, with the action poweron of vnets.", "%s", text)
		c.Row = fmt.Sprintf("vnets/%d", n.Vnet.Key)
		return c
	case slices.Contains(strings.Split(f.VM.Restart, ", "), row):
		return problem("nic_unplugged", "Use the action hotplugnic of vms to plug it in, or power the VM off and on.", "The guest doesn't have card %s yet.", n.Name)
	case strings.Contains(f.VM.Restart, row+"#vnet"):
		return problem("nic_waits", "Power the VM off and on.", "Card %s gets network %s only at the next start of the VM.", n.Name, n.Vnet.Name)
	case n.IP != "" && !f.status().Running:
		return Check{Address, "address_kept", Note, fmt.Sprintf("Card %s has the address %s when the VM runs.", n.Name, n.IP), "", row}
	case n.IP != "":
		return Check{Address, "address", OK, fmt.Sprintf("Card %s has the address %s.", n.Name, n.IP), "", row}
	case len(n.Heard) > 0 && f.status().Running:
		return Check{Address, "address_heard", OK, fmt.Sprintf("Card %s has the address %s (%s).", n.Name, n.Heard[0].IP, sources[n.Heard[0].Source]), "", row}
	case !n.Vnet.DHCP:
		c := problem("no_dhcp", "Set the network's column dhcp_enabled to true, or give the guest an address itself, as with a network-config for cloud-init.",
			"Network %s gives out no addresses: its DHCP is off.", n.Vnet.Name)
		c.Row = fmt.Sprintf("vnets/%d", n.Vnet.Key)
		return c
	case !f.status().Running:
		return Check{Address, "vm_off", Note, fmt.Sprintf("Card %s gets an address from network %s when the VM runs and asks for one.", n.Name, n.Vnet.Name), "", row}
	}
	return problem("no_lease", "See on the console whether the guest is up, has a driver for the card, and asks for an address by DHCP.",
		"Network %s has given card %s (%s, %s) no address: the guest hasn't asked for one, or takes its address otherwise.", n.Vnet.Name, n.Name, n.Model, n.MAC)
}

// sources say how an address is known.
var sources = map[string]string{"lease": "by DHCP", "agent": "as the guest's agent says", "neighbour": "as the network's router heard"}
