package network_test

import (
	"encoding/json"
	"log/slog"
	"testing"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/network"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/test/rig"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

type row = map[string]any

// write makes a row, or changes the one with that key, as an administrator.
func write(t *testing.T, s rig.Services, table, key string, columns row) (made string, err error) {
	t.Helper()
	in := schema.Input{}
	for name, v := range columns {
		raw, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		in[name] = raw
	}
	err = s.Engine.Do(perm.WithActor(t.Context(), perm.System("admin")), func(w *engine.Write) error {
		if key != "" {
			return w.Update(table, key, in)
		}
		r, err := w.Create(table, in)
		if err == nil {
			made = r.Key.Text()
		}
		return err
	})
	return made, err
}

func must(t *testing.T, s rig.Services, table string, columns row) string {
	t.Helper()
	key, err := write(t, s, table, "", columns)
	if err != nil {
		t.Fatalf("%s %v: %v", table, columns, err)
	}
	return key
}

func start(t *testing.T) rig.Services {
	t.Helper()
	return rig.Start(t, t.TempDir(), slog.New(slog.DiscardHandler))
}

// TestReservations: what DHCP could not give out, or would give to two, is refused when it is written.
func TestReservations(t *testing.T) {
	t.Parallel()
	s := start(t)
	vm := must(t, s, "vms", row{"name": "a"}) // and its machine, the first one
	vnet, bare := must(t, s, "vnets", row{"name": "n", "network": "10.1.0.0/24", "ipaddress": "10.1.0.7"}), must(t, s, "vnets", row{"name": "m"})
	reserve := func(more row) row {
		r := row{"vnet": vnet, "type": "static", "ip": "10.1.0.9", "mac": "52-54-00-AA-BB-09"}
		for name, v := range more {
			r[name] = v
		}
		return r
	}
	first := must(t, s, "vnet_addresses", reserve(row{"hostname": "web"}))
	must(t, s, "machine_nics", row{"machine": vm, "vnet": vnet, "ipaddress": "10.1.0.20", "macaddress": "52:54:00:aa:bb:20"})
	must(t, s, "machine_nics", row{"machine": vm, "vnet": vnet, "ipaddress": "10.1.0.9", "macaddress": "52:54:00:aa:bb:09"}) // the same card
	must(t, s, "vnet_addresses", reserve(row{"ip": "10.1.0.20", "mac": "52:54:00:aa:bb:20"}))                                // the same card
	for name, c := range map[string]struct {
		table string
		row   row
		kind  errs.Kind
		field string
	}{
		"the same address":         {"vnet_addresses", reserve(row{"mac": "52:54:00:aa:bb:10"}), errs.Conflict, "ip"},
		"the same card":            {"vnet_addresses", reserve(row{"ip": "10.1.0.10"}), errs.Conflict, "mac"},
		"the address of a card":    {"vnet_addresses", reserve(row{"ip": "10.1.0.20", "mac": "52:54:00:aa:bb:21"}), errs.Conflict, "ip"},
		"a card, of a reservation": {"machine_nics", row{"machine": vm, "vnet": vnet, "ipaddress": "10.1.0.9"}, errs.Conflict, "ipaddress"},
		"IPv6":                     {"vnet_addresses", reserve(row{"ip": "fd00::9", "mac": "52:54:00:aa:bb:11"}), errs.Invalid, "ip"},
		"no card":                  {"vnet_addresses", reserve(row{"ip": "10.1.0.11", "mac": ""}), errs.Invalid, "mac"},
		"every card":               {"vnet_addresses", reserve(row{"ip": "10.1.0.11", "mac": "ff:ff:ff:ff:ff:ff"}), errs.Invalid, "mac"},
		"the router":               {"vnet_addresses", reserve(row{"ip": "10.1.0.7", "mac": "52:54:00:aa:bb:11"}), errs.Invalid, "ip"},
		"the network":              {"vnet_addresses", reserve(row{"ip": "10.1.0.0", "mac": "52:54:00:aa:bb:11"}), errs.Invalid, "ip"},
		"all of the network":       {"vnet_addresses", reserve(row{"ip": "10.1.0.255", "mac": "52:54:00:aa:bb:11"}), errs.Invalid, "ip"},
		"outside":                  {"vnet_addresses", reserve(row{"ip": "10.1.1.9", "mac": "52:54:00:aa:bb:11"}), errs.Invalid, "ip"},
		"no address":               {"vnet_addresses", reserve(row{"ip": "", "mac": "52:54:00:aa:bb:11"}), errs.Invalid, "ip"},
		"no subnet":                {"vnet_addresses", reserve(row{"vnet": bare, "mac": "52:54:00:aa:bb:11"}), errs.Invalid, "ip"},
		"a lease":                  {"vnet_addresses", reserve(row{"type": "dynamic", "ip": "10.1.0.11", "mac": "52:54:00:aa:bb:11"}), errs.Invalid, "type"},
		"an alias":                 {"vnet_addresses", reserve(row{"type": "ipalias", "ip": "10.1.0.11", "mac": "52:54:00:aa:bb:11"}), errs.NotBuilt, "type"},
		"a name for others":        {"vnet_addresses", reserve(row{"ip": "10.1.0.11", "mac": "52:54:00:aa:bb:11", "hostname": "WPAD"}), errs.Invalid, "hostname"},
		"a card as the router":     {"machine_nics", row{"machine": vm, "vnet": vnet, "ipaddress": "10.1.0.7"}, errs.Invalid, "ipaddress"},
		"a card as the network":    {"machine_nics", row{"machine": vm, "vnet": vnet, "ipaddress": "10.1.0.0"}, errs.Invalid, "ipaddress"},
		"a card for a group":       {"machine_nics", row{"machine": vm, "macaddress": "01:00:5e:00:00:01"}, errs.Invalid, "macaddress"},
	} {
		made, err := write(t, s, c.table, "", c.row)
		if e := errs.As(err); !errs.Is(err, c.kind) || e.Field != c.field {
			t.Errorf("%s: %v, row %q; want %v on %s", name, err, made, c.kind, c.field)
		}
	}
	if _, err := write(t, s, "vnet_addresses", first, row{"ip": "10.1.0.20"}); !errs.Is(err, errs.Conflict) {
		t.Errorf("a reservation moves to where another is: %v", err)
	}
	if _, err := write(t, s, "vnet_addresses", first, row{"ip": "10.1.0.30", "description": "moved"}); err != nil {
		t.Errorf("a reservation moves: %v", err)
	}
}

// TestLeasesAreDHCPs: a lease can be made a reservation, and not be made another lease.
func TestLeasesAreDHCPs(t *testing.T) {
	t.Parallel()
	s := start(t)
	vnet := must(t, s, "vnets", row{"name": "n", "network": "10.1.0.0/24"})
	var lease string
	if err := s.DB.Update(t.Context(), func(tx *store.Tx) error {
		key, err := store.Insert(tx, network.VnetAddressSet{}.Vnet(schema.TextValue(vnet).Int()).Type("dynamic").IP("10.1.0.50").MAC("52:54:00:aa:bb:50"))
		lease = key.Text()
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := write(t, s, "vnet_addresses", lease, row{"ip": "10.1.0.51"}); !errs.Is(err, errs.Invalid) {
		t.Errorf("a lease is changed: %v", err)
	}
	for _, change := range []row{{"description": "the printer", "type": "dynamic"}, {"type": "static"}, {"ip": "10.1.0.51"}} {
		if _, err := write(t, s, "vnet_addresses", lease, change); err != nil {
			t.Errorf("%v: %v", change, err)
		}
	}
	if _, err := write(t, s, "vnet_addresses", "", row{"vnet": vnet, "type": "static", "ip": "10.1.0.51", "mac": "52:54:00:aa:bb:51"}); !errs.Is(err, errs.Conflict) {
		t.Errorf("the address that a lease has become is reserved again: %v", err)
	}
}

// TestNetworksThatCannotBe: addresses that no network can have, and columns that would have no effect.
func TestNetworksThatCannotBe(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, c := range []struct {
		row   row
		kind  errs.Kind
		field string
	}{
		{row{"network": "127.0.0.0/8"}, errs.Invalid, "network"},
		{row{"network": "224.1.0.0/16"}, errs.Invalid, "network"},
		{row{"network": "0.1.0.0/16"}, errs.Invalid, "network"},
		{row{"network": "240.0.0.0/24"}, errs.Invalid, "network"},
		{row{"ipaddress": "127.0.0.1/24"}, errs.Invalid, "network"},
		{row{"network": "10.0.0.0/24", "ipaddress": "10.0.0.0"}, errs.Invalid, "ipaddress"},
		{row{"network": "10.0.0.0/24", "ipaddress": "10.0.0.255"}, errs.Invalid, "ipaddress"},
		{row{"network": "10.0.0.0/24", "gateway": "10.0.0.255"}, errs.Invalid, "gateway"},
		{row{"network": "10.0.0.0/24", "gateway": "10.0.0.0"}, errs.Invalid, "gateway"},
		{row{"network": "10.0.0.0/24", "gateway": "10.0.1.1"}, errs.Invalid, "gateway"},
		{row{"network": "10.0.0.0/24", "dhcp_enabled": true, "dhcp_stop": "10.0.0.255"}, errs.Invalid, "dhcp_stop"},
		{row{"dnslist": "0.0.0.0"}, errs.Invalid, "dnslist"},
		{row{"dnslist": "9.9.9.9, 224.0.0.251"}, errs.Invalid, "dnslist"},
		{row{"mtu": 65536}, errs.Invalid, "mtu"},
		{row{"hostname": "localhost"}, errs.Invalid, "hostname"},
		{row{"rate_limit": 5}, errs.NotBuilt, "rate_limit"},
		{row{"pxe": "ybos"}, errs.NotBuilt, "pxe"},
		{row{"tftp_server": "10.0.0.5"}, errs.NotBuilt, "tftp_server"},
		{row{"port_mirroring": "east_west"}, errs.NotBuilt, "port_mirroring"},
		{row{"monitor_gateway": true}, errs.NotBuilt, "monitor_gateway"},
		{row{"proxy_enabled": true}, errs.NotBuilt, "proxy_enabled"},
		{row{"trace": true}, errs.NotBuilt, "trace"},
		{row{"statistics": true}, errs.NotBuilt, "statistics"},
		{row{"dns": "bind"}, errs.NotBuilt, "dns"},
		{row{"dns": "network"}, errs.NotBuilt, "dns"},
		{row{"dmz_ipaddress": "10.0.0.5"}, errs.NotBuilt, "dmz_ipaddress"},
		{row{"layer2_id": 7}, errs.NotBuilt, "layer2_id"},
	} {
		c.row["name"] = "n"
		made, err := write(t, s, "vnets", "", c.row)
		if e := errs.As(err); !errs.Is(err, c.kind) || e.Field != c.field {
			t.Errorf("%v: %v, row %q; want %v on %s", c.row, err, made, c.kind, c.field)
		}
	}
	// As clients send them that fill in everything, and then send it back.
	usual := row{
		"name": "n", "network": "10.0.0.0/24", "dns": "disabled", "mtu": 65535, "rate_limit": 0, "rate_limit_burst": 0, "pxe": "none", "tftp_server": "", "port_mirroring": "off",
		"monitor_gateway": false, "proxy_enabled": false, "trace": false, "statistics": false, "dmz_ipaddress": "", "layer2_id": 0, "dnslist": "9.9.9.9", "gateway": "10.0.0.1",
	}
	key := must(t, s, "vnets", usual)
	if _, err := write(t, s, "vnets", key, usual); err != nil {
		t.Errorf("the row is sent back: %v", err)
	}
}
