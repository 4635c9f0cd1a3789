package network

import (
	"context"
	"net/http"
	"net/netip"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/perm"
)

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

func addLeases(s *service) {
	frame.Add(s.Server, operation("list-leases", http.MethodGet, "/{name}/dhcp-leases", "List the addresses that the network's DHCP gave out"), s.leases)
}

func (s *service) leases(ctx context.Context, in *networkPath) (leaseList, error) {
	row, err := s.vnet(ctx, in.Name, perm.Read)
	if err != nil {
		return leaseList{}, err
	}
	list := leaseList{Network: row.Name, Leases: []lease{}}
	subnet, _ := netip.ParsePrefix(row.Subnet) // a network without a subnet has no leases
	for _, a := range row.Addresses {
		if a.Type == "dynamic" {
			list.Leases = append(list.Leases, lease{
				Interface: s.network(&row).Bridge, Expires: shape.Stamp(a.Expires), Type: "ipv4", MAC: a.MAC, IP: a.IP, Prefix: subnet.Bits(),
				Hostname: a.Hostname, ClientID: a.ClientID,
			})
		}
	}
	list.Count = len(list.Leases)
	return list, nil
}
