package vnet

import (
	"net"
	"net/netip"

	"dewpoint/internal/host/dnsmasq"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/network"
	"dewpoint/internal/store"
	"dewpoint/internal/subnet"
)

// reservations collects the fixed addresses of a network: rows of type static first, then NICs whose address is the client's wish. A
// MAC or an address that comes twice counts once.
func reservations(tx *store.Tx, v *Vnet) error {
	fixed, err := store.FindRows[network.VnetAddress](tx, store.Is(network.VnetAddressCol.Vnet, v.Key), store.Is(network.VnetAddressCol.Type, "static"))
	if err != nil {
		return err
	}
	nics, err := store.FindRows[compute.MachineNIC](tx, store.Is(compute.MachineNICCol.Vnet, v.Key), store.Is(compute.MachineNICCol.IPReserved, true))
	if err != nil {
		return err
	}
	seen := make(map[string]bool)
	add := func(macText, ipText, name string) {
		mac, err := net.ParseMAC(macText)
		ip := parseAddr(ipText)
		if err != nil || !ip.Is4() || seen[mac.String()] || seen[ip.String()] {
			return
		}
		seen[mac.String()], seen[ip.String()] = true, true
		v.Hosts = append(v.Hosts, dnsmasq.Host{MAC: mac, IP: ip, Name: name})
	}
	for _, a := range fixed {
		add(a.MAC, a.IP, a.Hostname)
	}
	for _, n := range nics {
		add(n.Macaddress, n.Ipaddress, "")
	}
	return nil
}

// wantDnsmasq opens the router for what it serves, and writes dnsmasq's files.
func wantDnsmasq(c *compiling) error {
	dhcp, dns := c.DHCP && c.lan.IsValid(), c.DNS && c.lan.IsValid()
	c.rules.DHCP, c.rules.DNS = dhcp, dns
	if !dhcp && !dns {
		return nil
	}
	config := dnsmasq.Config{Dir: c.target.dir, Interface: lanLink, Address: c.lan.Addr(), Domain: c.Domain, Name: c.Hostname, Hosts: c.Hosts}
	if dns {
		config.DNS = &dnsmasq.DNS{Upstream: c.DNSServers}
		if len(c.DNSServers) == 0 && c.nat { // without NAT the host's servers can't be reached: better refused than timed out
			config.DNS.Upstream = c.resolvers
		}
	}
	if dhcp {
		config.DHCP = dhcpOf(c.Vnet, c.lan, c.target.mtu)
	}
	files, err := config.Files()
	c.files = &files
	return err
}

func dhcpOf(v Vnet, lan netip.Prefix, mtu int) *dnsmasq.DHCP {
	d := &dnsmasq.DHCP{
		Network: lan.Masked(), Start: v.DHCPStart, End: v.DHCPEnd, Router: v.Gateway, MTU: mtu,
		NameServer: v.DNSServers, Sequential: v.Sequential,
	}
	first, last := subnet.Hosts(lan)
	if !d.Start.IsValid() {
		d.Start = first
	}
	if !d.End.IsValid() {
		d.End = last
	}
	if !d.Router.IsValid() {
		d.Router = lan.Addr()
	}
	return d
}
