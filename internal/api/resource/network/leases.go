package network

import (
	"context"
	"net/http"
	"net/netip"
	"regexp"
	"strconv"

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
	IAID      string `json:"iaid,omitempty" doc:"only of clients that send one (RFC 4361)"`
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
				Interface: s.network(&row).Bridge, Expires: shape.Stamp(a.Expires), Type: "ipv4", MAC: a.MAC, IAID: iaid(a.ClientID), IP: a.IP, Prefix: subnet.Bits(),
				Hostname: a.Hostname, ClientID: a.ClientID,
			})
		}
	}
	list.Count = len(list.Leases)
	return list, nil
}

// rfc4361 are client ids that begin with the number of the client's interface: type 255, four octets, and the client's own id.
var rfc4361 = regexp.MustCompile(`^(?i)ff:([0-9a-f]{2}):([0-9a-f]{2}):([0-9a-f]{2}):([0-9a-f]{2}):`)

// iaid reads the number of the client's interface in its id, in decimal as libvirt writes it; none where it tells none.
func iaid(clientID string) string {
	m := rfc4361.FindStringSubmatch(clientID)
	if m == nil {
		return ""
	}
	n, err := strconv.ParseUint(m[1]+m[2]+m[3]+m[4], 16, 32)
	if err != nil { // eight hexadecimal digits always parse
		panic(err)
	}
	return strconv.FormatUint(n, 10)
}
