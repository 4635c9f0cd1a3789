// Package dnsmasq renders the configuration of one dnsmasq per network, runs it inside the network's namespace, finds it again
// after a restart of the manager, and reads its leases.
package dnsmasq

import (
	"net"
	"net/netip"
	"time"
)

// Config is everything one dnsmasq is told. Render refuses what doesn't fit.
type Config struct {
	Dir       string // absolute; holds all of its files, see Conf and its siblings
	Interface string
	Address   netip.Addr // the interface's own; with DNS, clients are told it as name server
	Domain    string     // of the network's names, or empty
	Name      string     // of the router itself, which has Address; one DNS label, or empty
	DHCP      *DHCP      // nil: no addresses are given out
	DNS       *DNS       // nil: no names are answered
	Hosts     []Host     // reservations; rendered by RenderHosts, read again on Reload
}

// DHCP is the address half.
type DHCP struct {
	Network    netip.Prefix
	Start, End netip.Addr    // first and last address given out; both zero: reservations only
	Router     netip.Addr    // told to clients as the way out; zero: not told
	Lease      time.Duration // zero: an hour
	MTU        int           // told to clients, bytes; zero: not told
	NameServer []netip.Addr  // told to clients when DNS is nil; with DNS they are told Address
	Sequential bool          // give out addresses in order rather than by a hash of the MAC
}

// DNS is the name half. Names below Config.Domain are answered from leases and reservations and never asked elsewhere.
type DNS struct {
	Upstream []netip.Addr // asked about everything else; none: everything else is refused
}

// Host is a reservation: the machine with that MAC always gets that address.
type Host struct {
	MAC  net.HardwareAddr
	IP   netip.Addr // zero: no address of its own, just the name
	Name string     // one DNS label, or empty
}

// What lies in Config.Dir, which is root's: dnsmasq can read it.
const (
	confFile  = "dnsmasq.conf"
	hostsFile = "dnsmasq.hosts"
	// OwnFolder is dnsmasq's own, with what it writes.
	OwnFolder = "run"
)

// The names of the files in OwnFolder. LeasesFile is for whoever watches it.
const (
	LeasesFile = "dnsmasq.leases"
	pidFile    = "dnsmasq.pid"
	logFile    = "dnsmasq.log"
)
