package compute

import (
	"cmp"
	"slices"
	"strings"

	"dewpoint/internal/mark"
	"dewpoint/internal/model/compute"
)

// addressItem is an address of a card.
type addressItem struct {
	Address string `json:"address"`
	Source  string `json:"source" enum:"lease,agent,neighbour" doc:"how it is known: by a lease of the network's DHCP, by the guest's agent, or because the network's router heard the card use it"`
}

// certain are the sources, the most certain first.
var certain = []string{compute.FromLease, compute.FromAgent, compute.FromNeighbour}

// addresses are those of a card, the most certain first, and the first of them that is one of IPv6; "" for none.
func (n *nicRow) addresses() (list []addressItem, ipv6 string) {
	list = []addressItem{}
	for _, a := range n.Addresses {
		list = append(list, addressItem{a.IP, a.Source})
	}
	slices.SortFunc(list, func(a, b addressItem) int {
		return cmp.Or(cmp.Compare(slices.Index(certain, a.Source), slices.Index(certain, b.Source)), cmp.Compare(a.Address, b.Address))
	})
	if i := slices.IndexFunc(list, func(a addressItem) bool { return strings.Contains(a.Address, ":") }); i >= 0 {
		ipv6 = list[i].Address
	}
	return list, ipv6
}

// nic shapes a card. Its device is there only while the VM runs.
func (v *vmRow) nic(n *nicRow, host mark.Instance) nicItem {
	item := nicItem{Type: "network", MAC: n.MAC, Model: n.Interface, IPv4: n.IP}
	if n.Vnet != nil {
		item.Source, item.Bridge = n.Vnet.Name, host.Bridge(n.Vnet.Key)
	}
	item.Addresses, item.IPv6 = n.addresses()
	if i := slices.IndexFunc(item.Addresses, func(a addressItem) bool { return strings.Contains(a.Address, ".") }); i >= 0 && item.IPv4 == "" {
		item.IPv4 = item.Addresses[i].Address
	}
	if s := n.Stats; s != nil { // who may not read the card sees none
		item.RxBytes, item.TxBytes, item.RxPackets, item.TxPackets = s.RxBytes, s.TxBytes, s.RxPackets, s.TxPackets
	}
	if v.Machine.Status.On() {
		item.Target = host.Tap(n.Key)
	}
	return item
}
