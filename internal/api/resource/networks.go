package resource

import (
	"context"
	"fmt"
	"net/http"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
)

var networkCodes = codes{invalid: "INVALID_NETWORK_REQUEST", notFound: "NETWORK_NOT_FOUND", exists: "NETWORK_ALREADY_EXISTS", inUse: "NETWORK_IN_USE", members: map[string]string{
	"network": "ip_range", "ipaddress": "ip_range.address", "gateway": "ip_range.gateway", "dhcp_start": "dhcp.start", "dhcp_stop": "dhcp.end",
	"ip": "dhcp.hosts.ip", "mac": "dhcp.hosts.mac", "hostname": "dhcp.hosts.name", "on_power_loss": "autostart",
}}

// vnetRow is a network with everything that its replies show.
type vnetRow struct {
	Key       int64        `json:"$key"`
	Name      string       `json:"name"`
	UUID      string       `json:"uuid"`
	Mode      string       `json:"mode"`
	Subnet    string       `json:"network"`
	Router    string       `json:"ipaddress"`
	Gateway   string       `json:"gateway"`
	DHCP      bool         `json:"dhcp_enabled"`
	First     string       `json:"dhcp_start"`
	Last      string       `json:"dhcp_stop"`
	Autostart bool         `json:"autostart"`
	Addresses []addressRow `json:"addresses"`
	Machine   struct {
		Status *statusRow `json:"status"`
	} `json:"machine"`
}

type addressRow struct {
	Key      int64  `json:"$key"`
	IP       string `json:"ip"`
	MAC      string `json:"mac"`
	Hostname string `json:"hostname"`
	Type     string `json:"type"`
	Expires  int64  `json:"expiration"`
	ClientID string `json:"client_id"`
}

const vnetFields = "$key,name,uuid,mode,network,ipaddress,gateway,dhcp_enabled,dhcp_start,dhcp_stop,autostart," +
	"addresses[$key,ip,mac,hostname,type,expiration,client_id],machine[status[running,status]]"

type networkList struct {
	Networks []network `json:"networks"`
	Count    int       `json:"count"`
}

type networkDone struct {
	Network network `json:"network"`
	Message string  `json:"message"`
}

type networkPath struct {
	Name string `path:"name"`
}

func addNetworks(s *server) {
	op := func(id, method, path, summary string) operation {
		return operation{id: id, method: method, path: "/virtualization/networks" + path, summary: summary, tag: "networks", codes: networkCodes}
	}
	add(s, op("list-networks", http.MethodGet, "", "List virtual networks"), s.listNetworks)
	create := op("create-network", http.MethodPost, "", "Make a virtual network and start its router")
	create.status = http.StatusCreated
	add(s, create, s.createNetwork)
	add(s, op("get-network", http.MethodGet, "/{name}", "Read a virtual network"), func(ctx context.Context, in *networkPath) (network, error) {
		row, err := s.vnet(ctx, in.Name, perm.Read)
		return s.network(&row), err
	})
	add(s, op("update-network", http.MethodPut, "/{name}", "Change a virtual network; members that are missing stay as they are"), s.updateNetwork)
	addEmpty(s, op("delete-network", http.MethodDelete, "/{name}", "Delete a virtual network"), func(ctx context.Context, in *networkPath) error {
		row, err := s.vnet(ctx, in.Name, perm.Delete)
		if err != nil {
			return err
		}
		return s.Engine.Delete(ctx, "vnets", keyText(row.Key))
	})
	for name, action := range map[string]string{"start": "poweron", "stop": "poweroff"} {
		add(s, op(name+"-network", http.MethodPost, "/{name}/"+name, "Have the network's router "+name), func(ctx context.Context, in *networkPath) (message, error) {
			row, err := s.vnet(ctx, in.Name, perm.Modify)
			if err != nil {
				return message{}, err
			}
			_, err = s.Engine.Act(ctx, "vnets", keyText(row.Key), action, nil)
			return message{fmt.Sprintf("Network %s: %s", row.Name, name)}, err
		})
	}
	add(s, op("list-leases", http.MethodGet, "/{name}/dhcp-leases", "List the addresses that the network's DHCP gave out"), s.leases)
	add(s, op("list-ports", http.MethodGet, "/{name}/ports", "List the VMs' cards on the network"), s.ports)
}

func (s *server) listNetworks(ctx context.Context, _ *struct{}) (networkList, error) {
	rows, err := engine.List[vnetRow](ctx, s.Engine, "vnets", query.Request{Fields: vnetFields, Sort: "name"})
	list := networkList{Networks: make([]network, len(rows)), Count: len(rows)}
	for i := range rows {
		list.Networks[i] = s.network(&rows[i])
	}
	return list, err
}

// vnet reads the network of that name, for somebody with the rights on it.
func (s *server) vnet(ctx context.Context, name string, right perm.Right, more ...perm.Right) (vnetRow, error) {
	row, err := engine.One[vnetRow](ctx, s.Engine, "vnets", vnetRequest(name), right, more...)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "network_not_found", "there is no network %q", name)
	}
	return row, err
}

func vnetRequest(name string) query.Request {
	return query.Request{Fields: vnetFields, Equals: map[string]string{"name": name}}
}
