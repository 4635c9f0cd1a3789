package network

import (
	"net"

	"dewpoint/internal/mark"
	"dewpoint/internal/subnet"
)

type network struct {
	ID         string   `json:"id" doc:"the same as name"`
	Name       string   `json:"name"`
	UUID       string   `json:"uuid"`
	State      string   `json:"state,omitempty" enum:"active,inactive" doc:"missing for users who can list but not read the network"`
	Bridge     string   `json:"bridge"`
	Mode       string   `json:"mode" enum:"nat,route,bridge,private"`
	IPRange    *ipRange `json:"ip_range,omitempty"`
	DHCP       *dhcp    `json:"dhcp,omitempty"`
	Autostart  bool     `json:"autostart"`
	Persistent bool     `json:"persistent"`
}

type ipRange struct {
	Address string `json:"address" doc:"the router's address, or that of the subnet"`
	Netmask string `json:"netmask" doc:"as in 255.255.255.0 or 24"`
	Gateway string `json:"gateway,omitempty" doc:"the gateway for DHCP clients; the router if empty"`
}

type dhcp struct {
	Start string     `json:"start,omitempty"`
	End   string     `json:"end,omitempty"`
	Hosts []dhcpHost `json:"hosts"`
}

type dhcpHost struct {
	MAC  string `json:"mac"`
	IP   string `json:"ip"`
	Name string `json:"name,omitempty"`
}

func (s *service) network(row *vnetRow) network {
	n := network{
		ID: row.Name, Name: row.Name, UUID: row.UUID, State: row.state(), Bridge: mark.Instance(s.instance).Bridge(row.Key), Mode: row.Mode,
		Autostart: row.Autostart, Persistent: true,
	}
	of, err := subnet.Of(subnet.Row{Network: row.Subnet, Router: row.Router, Gateway: row.Gateway, First: row.First, Last: row.Last})
	if err != nil || !of.Network.IsValid() {
		return n
	}
	n.IPRange = &ipRange{Address: of.Router.String(), Netmask: net.IP(net.CIDRMask(of.Network.Bits(), 32)).String(), Gateway: row.Gateway}
	if row.DHCP {
		n.DHCP = &dhcp{Start: of.First.String(), End: of.Last.String(), Hosts: []dhcpHost{}}
		for _, a := range row.Addresses {
			if a.Type == "static" {
				n.DHCP.Hosts = append(n.DHCP.Hosts, dhcpHost{MAC: a.MAC, IP: a.IP, Name: a.Hostname})
			}
		}
	}
	return n
}

// The states of networks.
const (
	active   = "active"
	inactive = "inactive"
)

// state is that of the router; none where it isn't shown.
func (row *vnetRow) state() string {
	switch st := row.Machine.Status; {
	case st == nil:
		return ""
	case st.Running:
		return active
	}
	return inactive
}
