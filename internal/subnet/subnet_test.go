package subnet_test

import (
	"net/netip"
	"strings"
	"testing"

	"dewpoint/internal/subnet"
)

func TestOf(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		row  subnet.Row
		want string // network, router, gateway, first, last
	}{
		{"nothing", subnet.Row{}, "- - - - -"},
		{"only a network", subnet.Row{Network: "10.0.0.0/24"}, "10.0.0.0/24 10.0.0.1 - 10.0.0.2 10.0.0.254"},
		{"a network that names the router", subnet.Row{Network: "10.0.0.9/24"}, "10.0.0.0/24 10.0.0.9 - 10.0.0.1 10.0.0.254"},
		{"only a router with a length", subnet.Row{Router: "10.255.252.254/24"}, "10.255.252.0/24 10.255.252.254 - 10.255.252.1 10.255.252.254"},
		{
			"as Terraform's example has it",
			subnet.Row{Router: "10.255.252.254/24", First: "10.255.252.2", Last: "10.255.252.200"},
			"10.255.252.0/24 10.255.252.254 - 10.255.252.2 10.255.252.200",
		},
		{"both", subnet.Row{Network: "10.0.0.0/24", Router: "10.0.0.7/24", Gateway: "10.0.0.8"}, "10.0.0.0/24 10.0.0.7 10.0.0.8 10.0.0.1 10.0.0.254"},
		{"the smallest", subnet.Row{Network: "10.0.0.0/30"}, "10.0.0.0/30 10.0.0.1 - 10.0.0.2 10.0.0.2"},
		{"the largest", subnet.Row{Network: "10.0.0.0/8"}, "10.0.0.0/8 10.0.0.1 - 10.0.0.2 10.255.255.254"},
	} {
		s, err := subnet.Of(c.row)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		got := []string{"-", addr(s.Router), addr(s.Gateway), addr(s.First), addr(s.Last)}
		if s.Network.IsValid() {
			got[0] = s.Network.String()
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s: %s, want %s", c.name, text, c.want)
		}
	}
}

func addr(a netip.Addr) string {
	if !a.IsValid() {
		return "-"
	}
	return a.String()
}

func TestOfRefuses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		row    subnet.Row
		column string
	}{
		{subnet.Row{Network: "10.0.0.0"}, "network"},
		{subnet.Row{Network: "10.0.0.0/31"}, "network"},
		{subnet.Row{Network: "10.0.0.0/7"}, "network"},
		{subnet.Row{Network: "fd00::/64"}, "network"},
		{subnet.Row{Router: "fd00::1/64"}, "network"},
		{subnet.Row{Router: "10.0.0.1"}, "ipaddress"},
		{subnet.Row{Router: "10.0.0.1/"}, "ipaddress"},
		{subnet.Row{Network: "10.0.0.0/24", Router: "10.0.1.1"}, "ipaddress"},
		{subnet.Row{Network: "10.0.0.0/24", Router: "10.0.0.1/25"}, "ipaddress"},
		{subnet.Row{Network: "10.0.0.0/24", Router: "a"}, "ipaddress"},
		{subnet.Row{Network: "10.0.0.0/24", Gateway: "10.0.1.1"}, "gateway"},
		{subnet.Row{Network: "10.0.0.0/24", First: "x"}, "dhcp_start"},
		{subnet.Row{Network: "10.0.0.0/24", First: "10.0.0.9", Last: "10.0.0.8"}, "dhcp_stop"},
		{subnet.Row{First: "10.0.0.9"}, "dhcp_start"},
	} {
		if _, err := subnet.Of(c.row); err == nil || !strings.Contains(err.Error(), c.column) {
			t.Errorf("%+v: %v, want a word about %s", c.row, err, c.column)
		}
	}
}

func TestFree(t *testing.T) {
	t.Parallel()
	for taken, want := range map[string]string{
		"":                                "192.168.0.0/24",
		"192.168.0.17/24":                 "192.168.1.0/24",
		"10.0.0.0/8 192.168.0.0/23":       "192.168.2.0/24",
		"192.168.1.0/24 192.168.0.128/30": "192.168.2.0/24",
	} {
		var list []netip.Prefix
		for _, p := range strings.Fields(taken) {
			list = append(list, netip.MustParsePrefix(p))
		}
		if got, err := subnet.Free(list); err != nil || got.String() != want {
			t.Errorf("with %q taken: %v, %v, want %s", taken, got, err, want)
		}
	}
	if _, err := subnet.Free([]netip.Prefix{netip.MustParsePrefix("192.168.0.0/16")}); err == nil {
		t.Error("one was found where all are taken")
	}
}
