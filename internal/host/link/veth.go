package link

import (
	"net"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"

	"dewpoint/internal/errs"
)

// Veth is a pair of links: Name in the namespace of the calling thread, Peer in the namespace Inside.
type Veth struct {
	Name   string
	Inside string // name of the other end's network namespace
	Peer   string
	MAC    net.HardwareAddr // of Peer, when the pair is made; nil: any
	Bridge string           // the bridge Name is a port of, or empty
	MTU    int              // of both ends, bytes
}

// EnsureVeth makes the pair, both ends up. An end that is there without its partner, or with another one, is replaced.
func EnsureVeth(v Veth) error {
	if err := checkName(v.Name); err != nil {
		return err
	}
	if err := checkName(v.Peer); err != nil {
		return err
	}
	paired, err := v.paired()
	if err != nil {
		return err
	}
	if !paired {
		if err := v.remake(); err != nil {
			return err
		}
	}
	err = In(v.Inside, func() error { return v.bring(v.Peer, "") })
	if err != nil {
		return err
	}
	return v.bring(v.Name, v.Bridge)
}

// paired reports whether both ends exist and are each other's.
func (v Veth) paired() (bool, error) {
	outer, err := Get(v.Name)
	var inner Link
	if err == nil {
		err = In(v.Inside, func() error {
			inner, err = Get(v.Peer)
			return err
		})
	}
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return outer.Peer == inner.Index && inner.Peer == outer.Index, err
}

// remake clears away half pairs and makes the whole one in a single kernel call, the far end already in its namespace.
func (v Veth) remake() error {
	if err := Delete(v.Name); err != nil {
		return err
	}
	if err := In(v.Inside, func() error { return Delete(v.Peer) }); err != nil {
		return err
	}
	ns, err := netns.GetFromName(v.Inside)
	if err != nil {
		return translate(err, "opening network namespace "+v.Inside)
	}
	defer ns.Close()
	attrs := netlink.NewLinkAttrs()
	attrs.Name, attrs.MTU = v.Name, v.MTU
	pair := &netlink.Veth{LinkAttrs: attrs, PeerName: v.Peer, PeerHardwareAddr: v.MAC, PeerNamespace: netlink.NsFd(ns)}
	return translate(netlink.LinkAdd(pair), "making veth "+v.Name)
}

// bring puts the end in the calling thread's namespace into its bridge, and up without IPv6.
func (v Veth) bring(name, bridge string) error {
	if err := quietIPv6(name); err != nil {
		return err
	}
	l, err := netlink.LinkByName(name)
	if err != nil {
		return translate(err, "looking up veth "+name)
	}
	if bridge != "" {
		b, err := netlink.LinkByName(bridge)
		if err != nil {
			return translate(err, "looking up bridge "+bridge)
		}
		if l.Attrs().MasterIndex != b.Attrs().Index {
			if err := netlink.LinkSetMaster(l, b); err != nil {
				return translate(err, "adding "+name+" to bridge "+bridge)
			}
		}
	}
	return bringTo(l, v.MTU)
}
