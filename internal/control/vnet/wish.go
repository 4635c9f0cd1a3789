// Package vnet keeps the host's bridges, routers and their services as the rows of virtual networks wish them.
//
// A pass reads the wish (wish.go), compiles each network into what the host shall have (target.go), looks at the host
// (linux.go), lists the steps between the two (diff.go; each facet in its file), takes them (apply.go), and reports what is now (status.go).
package vnet

import (
	"context"
	"net"
	"net/netip"
	"time"

	"dewpoint/internal/host/dnsmasq"
	"dewpoint/internal/host/nft"
)

// Vnet is the wish for one virtual network. Its bridge exists as long as the network does; all else belongs to the router.
type Vnet struct {
	Key     int64
	ID      string // with the key in the name of its folder; "" for one of an older version, until NameFolder
	Name    string
	Absent  bool  // nothing of it may be on the host: its row is deleted or disabled
	Running bool  // a router is wanted
	Restart bool  // the router is to be built anew in this pass
	Seq     int64 // comes back in the fact: which wish it is about

	MTU     int              // bytes; zero: 1500
	Network netip.Prefix     // zero: the bridge only, and a router that does nothing
	MAC     net.HardwareAddr // of the router in the network, from its start on; nil: any
	Router  netip.Addr       // the router's own address; zero: the first one of the network
	Gateway netip.Addr       // told to DHCP clients; zero: the router
	NAT     bool             // the network reaches the world through the host

	Rules map[nft.Hook][]nft.Rule // of people, as they were last applied

	DHCP               bool
	DHCPStart, DHCPEnd netip.Addr // zero: the first, the last host address of the network
	Sequential         bool
	Hosts              []dnsmasq.Host // reservations

	DNS        bool         // names are answered by the router
	DNSServers []netip.Addr // with DNS those asked by it (none: the host's), without it those told to clients
	Domain     string
	Hostname   string // the router's name in it; empty: none
}

// Rule adds one of people's rules, behind those that the wish has on the hook.
func (v *Vnet) Rule(on nft.Hook, r nft.Rule) {
	if v.Rules == nil {
		v.Rules = make(map[nft.Hook][]nft.Rule)
	}
	v.Rules[on] = append(v.Rules[on], r)
}

// Status sums a router up in a word of the contract's machine status.
type Status string

// What a router can be.
const (
	Running Status = "running"
	Stopped Status = "stopped"
	Failed  Status = "error"
)

// Fact is what became of the wish for one network.
type Fact struct {
	Key     int64
	Seq     int64 // of the wish
	Wanted  bool  // Vnet.Running of the wish
	Gone    bool  // it was to be absent, and nothing of it is left on the host
	Settled bool  // the host is as wished
	Running bool  // the router works, though it may lack a recent change when Status is Failed
	Status  Status
	Code    string    // stable word for the fault, empty when there is none
	Message string    // text for people
	Since   time.Time // of the fault
	Started time.Time // of the router; zero when it doesn't run
	Leases  []dnsmasq.Lease
	Counted map[int64]nft.Count // what met the rules that count, by their keys
}

// Rows is where wishes come from and facts go.
type Rows interface {
	// Wish returns all networks of this node, read in one transaction; deleted ones too until a Report has said that they are Gone.
	Wish(ctx context.Context) ([]Vnet, error)
	// Name notes the random id that a network's folder was given.
	Name(ctx context.Context, key int64, id string) error
	// Report writes the facts, one for each wished network, and only what differs.
	Report(ctx context.Context, facts []Fact) error
}
