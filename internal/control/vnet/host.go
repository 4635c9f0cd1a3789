package vnet

import (
	"context"
	"net/netip"
	"time"

	"dewpoint/internal/host/dnsmasq"
	"dewpoint/internal/host/nft"
)

// Host is what the controller needs of the machine it runs on.
type Host interface {
	// Observe looks at everything that carries our mark, and changes nothing. Of folders it looks into those that it is told, by network.
	Observe(ctx context.Context, folders map[int64]string) (Observed, error)
	// NameFolder gives the folder that an older version made for a network a name with a random id, and returns the id; what runs by files in
	// it has ended before. A folder that was given one already keeps it.
	NameFolder(ctx context.Context, key int64) (id string, err error)
	// Apply takes one step. Taking a step twice is as good as once.
	Apply(ctx context.Context, s Step) error
}

// Observed is what the host has.
type Observed struct {
	Vnets      map[int64]Have // by key; every network of which anything was found
	Table      *nft.State     // the host's own table of ours, nil when there is none
	Forwarding bool           // the host routes
	Addresses  []netip.Prefix // all IPv4 addresses of the host, ours too
	Resolvers  []netip.Addr   // the name servers the host itself asks
}

// Have is what the host has of one network. The zero value is nothing.
type Have struct {
	Bridge    Bridge
	Router    Namespace
	Remnant   bool // the name of the namespace is left without one
	Lan, Wan  Leg
	Table     nft.State           // of the router's table, zero when there is none
	Counted   map[int64]nft.Count // by the key of the rule that counts
	Dir       bool                // the network's folder exists
	Files     dnsmasq.Files
	Announced bool // the running dnsmasq knows Files.Hosts
	Dnsmasq   []dnsmasq.Process
	Leases    []dnsmasq.Lease
}

// Bridge is the bridge of a network, zero when there is none.
type Bridge struct {
	MTU int
	Up  bool
}

// Namespace is the router's namespace, zero when there is none.
type Namespace struct {
	Inode   uint64
	Started time.Time
}

// Leg is one of the router's two veth pairs.
type Leg struct {
	Exists  bool         // the end in the host namespace does
	Address netip.Prefix // lan: the router's; wan: the host's end of the transit
	MTU     int          // of both ends; zero when they differ
	Whole   bool         // both ends are up and paired; lan: a port of the bridge; wan: addressed and the way out
}
