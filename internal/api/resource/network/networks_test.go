package network_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	v1 "dewpoint/test/rig/v1"
)

func TestNetworks(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	a.Get("/virtualization/networks").Want(http.StatusOK).Check(map[string]string{"data.networks": "[]", "data.count": "0"})
	want := map[string]string{
		"name": "lan", "mode": "nat", "state": "inactive", "ip_range.address": "10.1.0.1", "ip_range.netmask": "255.255.255.0", "autostart": "true",
		"dhcp.start": "10.1.0.10", "dhcp.end": "10.1.0.99", "dhcp.hosts.0.mac": "52:54:00:00:00:09", "dhcp.hosts.0.ip": "10.1.0.9", "dhcp.hosts.0.name": "printer",
		"bridge": "dpabcdb1", "persistent": "true",
	}
	at := func(prefix string) map[string]string {
		m := map[string]string{}
		for path, v := range want {
			m[prefix+path] = v
		}
		return m
	}
	want["state"] = "active" // what it will be: its router was asked to start
	v1.MakeNetwork(a, "lan").Check(at("data.network."))
	want["state"] = "inactive"
	a.Get("/virtualization/networks/lan").Want(http.StatusOK).Check(at("data."))
	a.Get("/virtualization/networks").Want(http.StatusOK).Check(at("data.networks.0."))
	a.Post("/virtualization/networks", `{"name":"lan","mode":"private"}`).Fails(http.StatusConflict, "NETWORK_ALREADY_EXISTS")

	a.Running("vnets", "lan", true)
	a.Put("/virtualization/networks/lan", `{"autostart":false}`).Want(http.StatusOK)
	want["state"], want["autostart"] = "active", "false"
	a.Get("/virtualization/networks/lan").Check(at("data."))

	// What it shows is taken back; another bridge is not.
	a.Put("/virtualization/networks/lan", string(mustJSON(a.Get("/virtualization/networks/lan").At("data")))).Want(http.StatusOK)
	a.Get("/virtualization/networks/lan").Check(at("data."))
	a.Put("/virtualization/networks/lan", `{"bridge":"br0"}`).Fails(http.StatusNotImplemented, "NOT_IMPLEMENTED")
	a.Put("/virtualization/networks/lan", `{"mode":"private","ip_range":{"address":"10.2.0.0","netmask":"16"},"dhcp":{"start":"10.2.0.5","end":"10.2.0.6","hosts":[]}}`).Want(http.StatusOK).
		Check(map[string]string{
			"data.network.mode": "private", "data.network.ip_range.address": "10.2.0.1", "data.network.ip_range.netmask": "255.255.0.0",
			"data.network.dhcp.hosts": "[]", "data.network.dhcp.start": "10.2.0.5",
		})
	a.Post("/virtualization/networks/lan/stop", "").Want(http.StatusOK)
	a.Post("/virtualization/networks/lan/start", "").Want(http.StatusOK)
	a.Delete("/virtualization/networks/lan").Want(http.StatusNoContent)
	a.Get("/virtualization/networks/lan").Fails(http.StatusNotFound, "NETWORK_NOT_FOUND")
}

func mustJSON(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return raw
}

// A new network is asked to start in the transaction that makes it.
func TestNewNetworksStart(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	v1.MakeNetwork(a, "lan")
	a.Update(func(tx *store.Tx) error {
		rows, err := tx.Find("machines", store.Eq("name", schema.TextValue("lan")))
		if err == nil && rows[0].Get("power_op").Text() != "poweron" {
			t.Errorf("the router is asked to %q", rows[0].Get("power_op").Text())
		}
		return err
	})
}

func TestLeasesAndPorts(t *testing.T) {
	t.Parallel()
	a := v1.Start(t)
	v1.MakeNetwork(a, "lan")
	a.Get("/virtualization/networks/lan/dhcp-leases").Want(http.StatusOK).Check(map[string]string{"data.leases": "[]", "data.count": "0", "data.network_name": "lan"})
	a.Get("/virtualization/networks/lan/ports").Want(http.StatusOK).Check(map[string]string{"data.ports": "[]", "data.count": "0"})
	uuid := v1.MakeVM(a, "box").Text("data.uuid")
	a.Update(func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table("vnet_addresses"))
		r.PutAll(schema.Set{
			"vnet": schema.IntValue(1), "type": schema.TextValue("dynamic"), "ip": schema.TextValue("10.1.0.42"), "mac": schema.TextValue("52:54:00:12:34:56"),
			"hostname": schema.TextValue("box"), "client_id": schema.TextValue("ff:00:00:01:02:00:01:00:01:2c"), "expiration": schema.IntValue(4102444800),
		})
		_, err := tx.Create(r, nil)
		return err
	})
	a.Get("/virtualization/networks/lan/dhcp-leases").Want(http.StatusOK).Check(map[string]string{
		"data.count": "1", "data.leases.0.ip_address": "10.1.0.42", "data.leases.0.prefix": "24", "data.leases.0.type": "ipv4",
		"data.leases.0.expiry_time": "2100-01-01T00:00:00Z", "data.leases.0.hostname": "box",
		"data.leases.0.iaid": "258",
	})
	a.Get("/virtualization/networks/lan/ports").Want(http.StatusOK).Check(map[string]string{
		"data.count": "1", "data.ports.0.vm_name": "box", "data.ports.0.vm_uuid": uuid, "data.ports.0.vm_state": "shutoff", "data.ports.0.interface_mac": "52:54:00:12:34:56",
	})
}
