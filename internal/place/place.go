// Package place finds the addresses that words in rules of networks stand for: names of networks, of cards, of aliases.
package place

import (
	"net/netip"

	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/network"
	"dewpoint/internal/store"
)

// Found is what a word stands for.
type Found struct {
	Subnets []netip.Prefix // none while nothing is known of them: a card without an address
	Router  bool           // every address of the router
	Table   string         // of the row that the word names; "" where it names none
	Key     int64
}

// Of finds what a word of a rule stands for, whose network has that subnet. named is false where it is the name of nothing.
func Of(tx *store.Tx, self netip.Prefix, p network.Place) (f Found, named bool, err error) {
	switch p.Kind {
	case network.Subnet:
		return Found{Subnets: []netip.Prefix{p.Subnet}}, true, nil
	case network.Router:
		return Found{Router: true}, true, nil
	case network.Another:
		return networkOf(tx, p.Name)
	case network.Card:
		return cardOf(tx, p.Name, p.NIC)
	case network.Alias:
		return aliasOf(tx, p.Name)
	}
	return Found{Subnets: valid(self)}, true, nil
}

func networkOf(tx *store.Tx, name string) (f Found, named bool, err error) {
	rows, err := store.FindRows[network.Vnet](tx, store.Is(network.VnetCol.Name, name))
	if err != nil || len(rows) == 0 {
		return f, false, err
	}
	subnet, _ := netip.ParsePrefix(rows[0].Network) // a network without one has no addresses
	return Found{Subnets: valid(subnet.Masked()), Table: rows[0].TableName(), Key: rows[0].Key}, true, nil
}

func cardOf(tx *store.Tx, vm, nic string) (f Found, named bool, err error) {
	vms, err := store.FindRows[compute.VM](tx, store.Is(compute.VMCol.Name, vm), store.Is(compute.VMCol.IsSnapshot, false))
	if err != nil || len(vms) == 0 {
		return f, false, err
	}
	of := compute.MachineNICCol
	nics, err := store.FindRows[compute.MachineNIC](tx, store.Is(of.Machine, vms[0].Machine), store.Is(of.Name, nic))
	if err != nil || len(nics) == 0 {
		return f, false, err
	}
	f = Found{Table: vms[0].TableName(), Key: vms[0].Key}
	if a, err := netip.ParseAddr(nics[0].Ipaddress); err == nil && a.Is4() {
		f.Subnets = []netip.Prefix{netip.PrefixFrom(a, a.BitLen())}
	}
	return f, true, nil
}

func aliasOf(tx *store.Tx, name string) (f Found, named bool, err error) {
	rows, err := store.FindRows[network.VnetRuleAlias](tx, store.Is(network.VnetRuleAliasCol.Name, name))
	if err != nil || len(rows) == 0 {
		return f, false, err
	}
	f = Found{Table: rows[0].TableName(), Key: rows[0].Key}
	places, err := network.ReadPlaces(rows[0].Value)
	for _, p := range places {
		f.Subnets = append(f.Subnets, valid(p.Subnet)...)
	}
	return f, err == nil, nil
}

// valid is a list of the subnet, if it is one.
func valid(p netip.Prefix) []netip.Prefix {
	if !p.IsValid() {
		return nil
	}
	return []netip.Prefix{p}
}
