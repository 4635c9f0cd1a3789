package network

import (
	"context"
	"net/http"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/api/resource/shape"
	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/perm"
	"dewpoint/internal/query"
)

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
		Status *shape.MachineStatus `json:"status"`
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
	"addresses[$key,ip,mac,hostname,type,expiration,client_id],machine[status[" + shape.Fields + "]]"

type networkList struct {
	Networks []network `json:"networks"`
	Count    int       `json:"count"`
}

type networkPath struct {
	Name string `path:"name"`
}

func addReads(s *service) {
	frame.Add(s.Server, operation("list-networks", http.MethodGet, "", "List virtual networks"), s.listNetworks)
	frame.Add(s.Server, operation("get-network", http.MethodGet, "/{name}", "Read a virtual network"), func(ctx context.Context, in *networkPath) (network, error) {
		row, err := s.vnet(ctx, in.Name, perm.Read)
		return s.network(&row), err
	})
}

func (s *service) listNetworks(ctx context.Context, _ *struct{}) (networkList, error) {
	rows, err := engine.List[vnetRow](ctx, s.Engine, "vnets", query.Request{Fields: vnetFields, Sort: "name"})
	list := networkList{Networks: make([]network, len(rows)), Count: len(rows)}
	for i := range rows {
		list.Networks[i] = s.network(&rows[i])
	}
	return list, err
}

// vnet reads the network of that name, for somebody with the rights on it.
func (s *service) vnet(ctx context.Context, name string, right perm.Right, more ...perm.Right) (vnetRow, error) {
	row, err := engine.One[vnetRow](ctx, s.Engine, "vnets", vnetRequest(name), right, more...)
	if errs.Is(err, errs.NotFound) {
		err = errs.New(errs.NotFound, "network_not_found", "there is no network %q", name)
	}
	return row, err
}

func vnetRequest(name string) query.Request {
	return query.Request{Fields: vnetFields, Equals: map[string]string{"name": name}}
}
