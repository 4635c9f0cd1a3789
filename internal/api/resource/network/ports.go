package network

import (
	"context"
	"net/http"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/mark"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
)

type portList struct {
	Network string `json:"network_name"`
	Ports   []port `json:"ports"`
	Count   int    `json:"count"`
}

type port struct {
	VMName   string `json:"vm_name"`
	VMUUID   string `json:"vm_uuid"`
	VMState  string `json:"vm_state,omitempty" doc:"missing for users who can't read the VM"`
	MAC      string `json:"interface_mac"`
	Model    string `json:"interface_model"`
	Type     string `json:"interface_type"`
	Target   string `json:"interface_target" doc:"the host's device; empty while the VM is off"`
	IP       string `json:"ip_address,omitempty"`
	Attached string `json:"attached_at" format:"date-time"`
}

// cardRow is a VM's network card, seen from its network.
type cardRow struct {
	Key       int64  `json:"$key"`
	Interface string `json:"interface"`
	MAC       string `json:"macaddress"`
	IP        string `json:"ipaddress"`
	Modified  int64  `json:"modified"`
	Machine   struct {
		UUID   string               `json:"uuid"`
		Name   string               `json:"name"`
		Status *shape.MachineStatus `json:"status"`
	} `json:"machine"`
}

func addPorts(s *service) {
	frame.Add(s.Server, operation("list-ports", http.MethodGet, "/{name}/ports", "List the VMs' cards on the network"), s.ports)
}

func (s *service) ports(ctx context.Context, in *networkPath) (portList, error) {
	row, err := s.vnet(ctx, in.Name, perm.Read)
	if err != nil {
		return portList{}, err
	}
	cards, err := engine.List[cardRow](ctx, s.Engine, "machine_nics", query.Request{
		Fields: "$key,interface,macaddress,ipaddress,modified,machine[name,uuid,status[" + shape.Fields + "]]",
		Sort:   "$key", Equals: map[string]string{"vnet": shape.Key(row.Key)},
	})
	list := portList{Network: row.Name, Ports: []port{}, Count: len(cards)}
	for _, c := range cards {
		target := ""
		if c.Machine.Status.On() {
			target = mark.Instance(s.instance).Tap(c.Key)
		}
		list.Ports = append(list.Ports, port{
			VMName: c.Machine.Name, VMUUID: c.Machine.UUID, VMState: c.Machine.Status.OfVM(), MAC: c.MAC, Model: c.Interface, Type: "network",
			Target: target, IP: c.IP, Attached: shape.Stamp(c.Modified),
		})
	}
	return list, err
}
