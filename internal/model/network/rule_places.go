package network

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"dewpoint/internal/errs"
)

// Place is a word for addresses in the list of a rule.
type Place struct {
	Kind   PlaceKind
	Subnet netip.Prefix // of a Subnet
	Name   string       // of the network, the VM or the alias
	NIC    string       // of the VM
}

// PlaceKind is what a Place is.
type PlaceKind uint8

// The kinds.
const (
	Subnet  PlaceKind = iota // 10.0.0.0/24, or one address
	Self                     // vnetself: the network's own subnet
	Router                   // router: every address of the router
	Another                  // vnet:NAME: another network's subnet
	Card                     // vmnic:VM.NIC: the address of a VM's card
	Alias                    // the name of an alias
)

// mostPlaces is how many words a list can have.
const mostPlaces = 256

// AliasName is what aliases can be called: nothing that is another word.
var AliasName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_. -]{0,127}$`)

// CanBeOne reports whether the place can be a single address.
func (p Place) CanBeOne() bool {
	return p.Kind == Subnet && p.Subnet.IsSingleIP() || p.Kind == Router || p.Kind == Card || p.Kind == Alias
}

// ReadPlaces reads a list of words with commas between them. The error says what is wrong, in words for the client.
func ReadPlaces(list string) (places []Place, err error) {
	words := listWords(list)
	if len(words) > mostPlaces {
		return nil, fmt.Errorf("has %d entries, and can have %d; put addresses into aliases", len(words), mostPlaces)
	}
	for _, word := range words {
		p, err := readPlace(word)
		if err != nil {
			return nil, err
		}
		places = append(places, p)
	}
	return places, nil
}

// listWords splits a list at commas. Names may have spaces.
func listWords(list string) (words []string) {
	for word := range strings.SplitSeq(list, ",") {
		if word = strings.TrimSpace(word); word != "" {
			words = append(words, word)
		}
	}
	return words
}

func readPlace(word string) (Place, error) {
	kind, name, named := strings.Cut(word, ":")
	switch {
	case word == "vnetself":
		return Place{Kind: Self}, nil
	case word == "router":
		return Place{Kind: Router}, nil
	case named && kind == "vnet" && name != "":
		return Place{Kind: Another, Name: name}, nil
	case named && kind == "vmnic":
		dot := strings.LastIndexByte(name, '.')
		if dot < 1 || dot == len(name)-1 {
			return Place{}, fmt.Errorf("%q must name a VM and its card, such as vmnic:web.nic_0", errs.Clip(word))
		}
		return Place{Kind: Card, Name: name[:dot], NIC: name[dot+1:]}, nil
	}
	if subnet, ok := readSubnet(word); ok {
		if !subnet.Addr().Is4() {
			return Place{}, fmt.Errorf("%q isn't IPv4, which is all that networks have", errs.Clip(word))
		}
		return Place{Subnet: subnet}, nil
	}
	if !AliasName.MatchString(word) {
		return Place{}, fmt.Errorf("%q isn't an address, a subnet or a name", errs.Clip(word))
	}
	return Place{Kind: Alias, Name: word}, nil
}

func readSubnet(word string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(word); err == nil && a.Zone() == "" {
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	p, err := netip.ParsePrefix(word)
	return p.Masked(), err == nil
}
