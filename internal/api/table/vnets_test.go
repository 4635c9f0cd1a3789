package table_test

import "testing"

// what a client's plan compares with what it sent.
const vnetPlan = "?fields=network,ipaddress,gateway,dhcp_enabled,dhcp_start,dhcp_stop,on_power_loss"

func TestNetworksReadBackAsTheyWereSent(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, c := range []struct{ body, want string }{
		{
			`{"name":"a","ipaddress":"10.255.252.254/24","dhcp_enabled":true,"dhcp_start":"10.255.252.2","dhcp_stop":"10.255.252.200"}`,
			`{"network":"10.255.252.0/24","ipaddress":"10.255.252.254/24","gateway":null,"dhcp_enabled":true,"dhcp_start":"10.255.252.2","dhcp_stop":"10.255.252.200","on_power_loss":null}`,
		},
		{
			`{"name":"b","dhcp_enabled":true}`,
			`{"network":"192.168.0.0/24","ipaddress":null,"gateway":null,"dhcp_enabled":true,"dhcp_start":null,"dhcp_stop":null,"on_power_loss":null}`,
		},
		{
			`{"name":"c","dhcp_enabled":true,"on_power_loss":"power_on"}`,
			`{"network":"192.168.1.0/24","ipaddress":null,"gateway":null,"dhcp_enabled":true,"dhcp_start":null,"dhcp_stop":null,"on_power_loss":"power_on"}`,
		},
		{
			`{"name":"d","network":"10.1.0.9/16"}`,
			`{"network":"10.1.0.0/16","ipaddress":"10.1.0.9","gateway":null,"dhcp_enabled":false,"dhcp_start":null,"dhcp_stop":null,"on_power_loss":null}`,
		},
		{
			`{"name":"e"}`,
			`{"network":null,"ipaddress":null,"gateway":null,"dhcp_enabled":false,"dhcp_start":null,"dhcp_stop":null,"on_power_loss":null}`,
		},
	} {
		key := s.make("vnets", c.body)
		same(t, c.body, c.want, s.get("/api/v4/vnets/"+key+vnetPlan).must(t, 200).body)
	}
}

func TestRouterNamesAnotherSubnet(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.make("vnets", `{"name":"a","ipaddress":"10.0.0.1/24"}`)
	s.put("/api/v4/vnets/1", `{"ipaddress":"10.9.0.1/16"}`).must(t, 200)
	same(t, "moved", `{"network":"10.9.0.0/16","ipaddress":"10.9.0.1/16"}`, s.get("/api/v4/vnets/1?fields=network,ipaddress").body)
	for _, body := range []string{`{"ipaddress":"10.8.0.1"}`, `{"ipaddress":"10.8.0.1/16","network":"10.9.0.0/16"}`, `{"dhcp_start":"10.8.0.1"}`} {
		s.put("/api/v4/vnets/1", body).failed(t, 422)
	}
}
