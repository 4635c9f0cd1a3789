package resource

import (
	"context"
	"fmt"
	"net"
	"net/netip"

	"dewpoint/internal/engine"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
)

type network struct {
	ID         string   `json:"id" doc:"the same as name"`
	Name       string   `json:"name"`
	UUID       string   `json:"uuid"`
	State      string   `json:"state,omitempty" enum:"active,inactive" doc:"not there for who may list the network and not read it"`
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
	Gateway string `json:"gateway,omitempty" doc:"what DHCP clients are told; the router when empty"`
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

func (s *server) network(row *vnetRow) network {
	n := network{
		ID: row.Name, Name: row.Name, UUID: row.UUID, State: row.state(), Bridge: fmt.Sprintf("dp%sb%d", s.Instance, row.Key), Mode: row.Mode,
		Autostart: row.Autostart, Persistent: true,
	}
	if subnet, err := netip.ParsePrefix(row.Subnet); err == nil {
		n.IPRange = &ipRange{Address: row.Router, Netmask: net.IP(net.CIDRMask(subnet.Bits(), 32)).String(), Gateway: row.Gateway}
	}
	if row.DHCP {
		n.DHCP = &dhcp{Start: row.First, End: row.Last, Hosts: []dhcpHost{}}
		for _, a := range row.Addresses {
			if a.Type == "static" {
				n.DHCP.Hosts = append(n.DHCP.Hosts, dhcpHost{MAC: a.MAC, IP: a.IP, Name: a.Hostname})
			}
		}
	}
	return n
}

// state is that of the router; none where it isn't shown.
func (row *vnetRow) state() string {
	switch st := row.Machine.Status; {
	case st == nil:
		return ""
	case st.Running:
		return "active"
	}
	return "inactive"
}

type leaseList struct {
	Network string  `json:"network_name"`
	Leases  []lease `json:"leases"`
	Count   int     `json:"count"`
}

type lease struct {
	Interface string `json:"interface"`
	Expires   string `json:"expiry_time" format:"date-time"`
	Type      string `json:"type" enum:"ipv4"`
	MAC       string `json:"mac"`
	IP        string `json:"ip_address"`
	Prefix    int    `json:"prefix"`
	Hostname  string `json:"hostname,omitempty"`
	ClientID  string `json:"client_id,omitempty"`
}

func (s *server) leases(ctx context.Context, in *networkPath) (leaseList, error) {
	row, err := s.vnet(ctx, in.Name, perm.Read)
	if err != nil {
		return leaseList{}, err
	}
	list := leaseList{Network: row.Name, Leases: []lease{}}
	subnet, _ := netip.ParsePrefix(row.Subnet) // a network without a subnet has no leases
	for _, a := range row.Addresses {
		if a.Type == "dynamic" {
			list.Leases = append(list.Leases, lease{
				Interface: s.network(&row).Bridge, Expires: stamp(a.Expires), Type: "ipv4", MAC: a.MAC, IP: a.IP, Prefix: subnet.Bits(),
				Hostname: a.Hostname, ClientID: a.ClientID,
			})
		}
	}
	list.Count = len(list.Leases)
	return list, nil
}

type portList struct {
	Network string `json:"network_name"`
	Ports   []port `json:"ports"`
	Count   int    `json:"count"`
}

type port struct {
	VMName   string `json:"vm_name"`
	VMUUID   string `json:"vm_uuid"`
	VMState  string `json:"vm_state,omitempty" doc:"not there for who may not read the VM"`
	MAC      string `json:"interface_mac"`
	Model    string `json:"interface_model"`
	Type     string `json:"interface_type"`
	Target   string `json:"interface_target,omitempty"`
	IP       string `json:"ip_address,omitempty"`
	Attached string `json:"attached_at" format:"date-time"`
}

// cardRow is a VM's network card, seen from its network.
type cardRow struct {
	nicRow
	Machine struct {
		UUID   string     `json:"uuid"`
		Name   string     `json:"name"`
		Status *statusRow `json:"status"`
	} `json:"machine"`
}

func (s *server) ports(ctx context.Context, in *networkPath) (portList, error) {
	row, err := s.vnet(ctx, in.Name, perm.Read)
	if err != nil {
		return portList{}, err
	}
	cards, err := engine.List[cardRow](ctx, s.Engine, "machine_nics", query.Request{
		Fields: "$key,interface,macaddress,ipaddress,device,modified,machine[name,uuid,status[running,status]]",
		Sort:   "$key", Equals: map[string]string{"vnet": keyText(row.Key)},
	})
	list := portList{Network: row.Name, Ports: []port{}, Count: len(cards)}
	for _, c := range cards {
		v := vmRow{Machine: machineRow{Status: c.Machine.Status}}
		list.Ports = append(list.Ports, port{
			VMName: c.Machine.Name, VMUUID: c.Machine.UUID, VMState: v.state(), MAC: c.MAC, Model: c.Interface, Type: "network",
			Target: c.Device, IP: c.IP, Attached: stamp(c.Modified),
		})
	}
	return list, err
}
