// Package subnet works out which addresses a network has, from what its row says and what it leaves open.
//
// A row keeps what the client sent, and nothing where it sent nothing; what follows from it is found here, wherever it is needed.
package subnet

import (
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"

	"dewpoint/internal/errs"
)

// Row is what a network's columns say. Each may be empty.
type Row struct {
	Network     string // 10.0.0.0/24; 10.0.0.1/24 names the router, too
	Router      string // 10.0.0.1, or with the length of the subnet: 10.0.0.1/24
	Gateway     string // told to DHCP clients
	First, Last string // the range of DHCP
}

// Subnet is what follows from a Row.
type Subnet struct {
	Network     netip.Prefix // zero: the network has none, and nothing else here is set
	Router      netip.Addr
	Gateway     netip.Addr // zero: the router
	First, Last netip.Addr // the range of DHCP
}

// Of completes a row: without a network the router's length names it, the router is the first host, and DHCP has all hosts.
// An error is Invalid and names the column of vnets.
func Of(r Row) (s Subnet, err error) {
	router, named, err := routerOf(r.Router)
	if err != nil {
		return s, err
	}
	text := r.Network
	if text == "" && named.IsValid() {
		text = named.String()
	}
	if text == "" {
		return s, r.needsNetwork()
	}
	given, err := netip.ParsePrefix(text)
	if err != nil || !given.Addr().Is4() || given.Bits() < 8 || given.Bits() > 30 {
		return s, errs.Field("network", "must be an IPv4 subnet from /8 to /30, such as 10.0.0.0/24")
	}
	s.Network = given.Masked()
	if slices.ContainsFunc(nobodys, s.Network.Overlaps) {
		return s, errs.Field("network", "%s holds addresses that no machine can have; use one of 10.0.0.0/8, 172.16.0.0/12 or 192.168.0.0/16", s.Network)
	}
	if named.IsValid() && named.Masked() != s.Network {
		return s, errs.Field("ipaddress", "%s is not in the subnet %s", r.Router, s.Network)
	}
	if !router.IsValid() && given.Addr() != s.Network.Addr() {
		router = given.Addr()
	}
	return s, s.complete(r, router)
}

// nobodys are addresses that IPv4 keeps from machines: this network, loopback, multicast and what was never given out (RFC 6890).
var nobodys = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("224.0.0.0/4"), netip.MustParsePrefix("240.0.0.0/4"),
}

// routerOf reads the router's address; network is valid when it came with a length.
func routerOf(text string) (router netip.Addr, network netip.Prefix, err error) {
	if text == "" {
		return router, network, nil
	}
	if strings.Contains(text, "/") {
		network, err = netip.ParsePrefix(text)
		router = network.Addr()
	} else {
		router, err = netip.ParseAddr(text)
	}
	if err != nil {
		err = errs.Field("ipaddress", "must be an address such as 10.0.0.1, or 10.0.0.1/24")
	}
	return router, network, err
}

// needsNetwork refuses addresses that are in no network.
func (r Row) needsNetwork() error {
	for _, c := range []struct{ name, value string }{{"ipaddress", r.Router}, {"gateway", r.Gateway}, {"dhcp_start", r.First}, {"dhcp_stop", r.Last}} {
		if c.value != "" {
			return errs.Field(c.name, "needs a subnet: send %s too, such as 10.0.0.0/24", errs.Column("network"))
		}
	}
	return nil
}

func (s *Subnet) complete(r Row, router netip.Addr) (err error) {
	first, last := Hosts(s.Network)
	if !router.IsValid() {
		router = first
	}
	if err := s.host("ipaddress", router); err != nil {
		return err
	}
	s.Router = router
	if router == first {
		first = first.Next()
	}
	if s.Gateway, err = s.address("gateway", r.Gateway, netip.Addr{}); err != nil {
		return err
	}
	if s.First, err = s.address("dhcp_start", r.First, first); err != nil {
		return err
	}
	if s.Last, err = s.address("dhcp_stop", r.Last, last); err != nil {
		return err
	}
	if s.Last.Less(s.First) {
		return errs.Field("dhcp_stop", "must not be lower than %s", errs.Column("dhcp_start"))
	}
	return nil
}

// address reads an address of the subnet, which is otherwise if the text is empty.
func (s *Subnet) address(column, text string, otherwise netip.Addr) (netip.Addr, error) {
	if text == "" {
		return otherwise, nil
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return a, errs.Field(column, "must be an address in %s", s.Network)
	}
	return a, s.host(column, a)
}

// host refuses what is no address of a host in the subnet.
func (s *Subnet) host(column string, a netip.Addr) error {
	first, last := Hosts(s.Network)
	switch {
	case !s.Network.Contains(a):
		return errs.Field(column, "must be an address in %s", s.Network)
	case a.Less(first):
		return errs.Field(column, "%s is the address of the network itself", a)
	case last.Less(a):
		return errs.Field(column, "%s is the broadcast address of the network", a)
	}
	return nil
}

// Machine reads the address of a machine that isn't the router. An error is Invalid and names the column.
func (s *Subnet) Machine(column, text string) (netip.Addr, error) {
	switch {
	case text == "":
		return netip.Addr{}, errs.Field(column, "is required")
	case !s.Network.IsValid():
		return netip.Addr{}, errs.Field(column, "needs a network with a subnet")
	}
	a, err := s.address(column, text, netip.Addr{})
	if err == nil && a == s.Router {
		err = errs.Field(column, "%s is the address of the network's router", a)
	}
	return a, err
}

// Hosts returns the first and the last address of an IPv4 subnet that a host can have.
func Hosts(p netip.Prefix) (first, last netip.Addr) {
	base := p.Masked().Addr()
	a := base.As4()
	binary.BigEndian.PutUint32(a[:], binary.BigEndian.Uint32(a[:])+1<<(32-p.Bits())-2)
	return base.Next(), netip.AddrFrom4(a)
}
