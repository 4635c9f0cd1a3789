package network_test

import (
	"fmt"
	"strings"
	"testing"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/network"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

// vnetOf reads a network.
func vnetOf(t *testing.T, s rig.Services, key string) (row network.Vnet) {
	t.Helper()
	if err := s.DB.View(t.Context(), func(tx *store.Tx) (err error) {
		row, err = store.GetRow[network.Vnet](tx, schema.TextValue(key).Int())
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return row
}

// TestRulesThatCannotBe: each column that can be wrong is named.
func TestRulesThatCannotBe(t *testing.T) {
	t.Parallel()
	s := start(t)
	vnet := must(t, s, "vnets", row{"name": "n", "network": "10.1.0.0/24"})
	machine := int64(0)
	other := must(t, s, "vnets", row{"name": "other net", "network": "10.2.0.0/24"})
	vm := schema.TextValue(must(t, s, "vms", row{"name": "web.example"})).Int()
	if err := s.DB.View(t.Context(), func(tx *store.Tx) error {
		vm, err := store.GetRow[compute.VM](tx, vm)
		machine = vm.Machine
		return err
	}); err != nil {
		t.Fatal(err)
	}
	must(t, s, "machine_nics", row{"machine": machine, "vnet": vnet})
	must(t, s, "vnet_rule_aliases", row{"name": "the office", "value": "192.0.2.0/24,198.51.100.7"})
	must(t, s, "vnet_rules", row{"vnet": vnet, "name": "taken"})
	for _, c := range []struct {
		row   row
		kind  errs.Kind
		field string
	}{
		{row{"name": ""}, errs.Invalid, "name"},
		{row{"name": "a/b"}, errs.Invalid, "name"},
		{row{"name": "taken"}, errs.Conflict, "name"},
		{row{"direction": "sideways"}, errs.Invalid, "direction"},
		{row{"action": "forward"}, errs.Invalid, "action"},
		{row{"action": "route", "target_ip": "vnet:other net"}, errs.NotBuilt, "action"},
		{row{"interface": "wireguard"}, errs.NotBuilt, "interface"},
		{row{"log": true}, errs.NotBuilt, "log"},
		{row{"trace": true}, errs.NotBuilt, "trace"},
		{row{"protocol": "132"}, errs.Invalid, "protocol"},
		{row{"pin": "middle"}, errs.Invalid, "pin"},
		{row{"source_ip": "10.0.0.256"}, errs.Invalid, "source_ip"},
		{row{"source_ip": "10.0.0.0/33"}, errs.Invalid, "source_ip"},
		{row{"source_ip": "fd00::1"}, errs.Invalid, "source_ip"},
		{row{"source_ip": "nobody"}, errs.Invalid, "source_ip"},
		{row{"source_ip": "vnet:nobody"}, errs.Invalid, "source_ip"},
		{row{"source_ip": "vnet:"}, errs.Invalid, "source_ip"},
		{row{"source_ip": "vmnic:web.example"}, errs.Invalid, "source_ip"},
		{row{"source_ip": "vmnic:web.example.eth9"}, errs.Invalid, "source_ip"},
		{row{"source_ip": "vmnic:.x"}, errs.Invalid, "source_ip"},
		{row{"source_ip": "10.0.0.1; drop"}, errs.Invalid, "source_ip"},
		{row{"destination_ip": "}\ntable inet x {"}, errs.Invalid, "destination_ip"},
		{row{"destination_ip": strings.Repeat("10.0.0.1,", 257)}, errs.Invalid, "destination_ip"},
		{row{"destination_ip": strings.Repeat("x", 5000)}, errs.Invalid, "destination_ip"},
		{row{"destination_ports": "80"}, errs.Invalid, "destination_ports"},
		{row{"protocol": "icmp", "source_ports": "80"}, errs.Invalid, "source_ports"},
		{row{"protocol": "tcp", "source_ports": "0"}, errs.Invalid, "source_ports"},
		{row{"protocol": "tcp", "source_ports": "65536"}, errs.Invalid, "source_ports"},
		{row{"protocol": "tcp", "source_ports": "90-80"}, errs.Invalid, "source_ports"},
		{row{"protocol": "tcp", "source_ports": "http"}, errs.Invalid, "source_ports"},
		{row{"protocol": "tcp", "source_ports": "80 accept"}, errs.Invalid, "source_ports"},
		{row{"ct_state": "invalid"}, errs.Invalid, "ct_state"},
		{row{"throttle": "5"}, errs.Invalid, "throttle"},
		{row{"throttle": "0/second"}, errs.Invalid, "throttle"},
		{row{"throttle": "5/week"}, errs.Invalid, "throttle"},
		{row{"drop_throttle": true}, errs.Invalid, "drop_throttle"},
		{row{"action": "translate"}, errs.Invalid, "target_ip"},
		{row{"action": "translate", "target_ip": "10.0.0.0/24"}, errs.Invalid, "target_ip"},
		{row{"action": "translate", "target_ip": "10.0.0.1,10.0.0.2"}, errs.Invalid, "target_ip"},
		{row{"action": "translate", "target_ip": "vnetself"}, errs.Invalid, "target_ip"},
		{row{"action": "translate", "target_ip": "vnet:other net"}, errs.Invalid, "target_ip"},
		{row{"action": "translate", "target_ip": "router", "target_ports": "80"}, errs.Invalid, "target_ports"},
		{row{"action": "translate", "target_ip": "router", "target_ports": "80,81", "protocol": "tcp"}, errs.Invalid, "target_ports"},
		{row{"action": "translate", "target_ip": "router", "target_ports": "80-81", "protocol": "tcp"}, errs.Invalid, "target_ports"},
		{row{"action": "translate", "target_ip": "router", "throttle": "5/second"}, errs.Invalid, "throttle"},
		{row{"action": "translate", "target_ip": "router", "ct_state": "established"}, errs.Invalid, "ct_state"},
	} {
		r := row{"vnet": vnet, "name": "r"}
		for name, v := range c.row {
			r[name] = v
		}
		made, err := write(t, s, "vnet_rules", "", r)
		if e := errs.As(err); !errs.Is(err, c.kind) || e.Field != c.field {
			t.Errorf("%v: %v, row %q; want %v on %s", c.row, err, made, c.kind, c.field)
		}
	}
	// Every form that there is, as clients send them that fill in everything.
	for i, r := range []row{
		{"source_ip": "10.0.0.1, 10.1.0.0/16,vnetself,router,vnet:other net,vmnic:web.example.nic_0,the office", "target_ip": "", "target_ports": "", "log": false, "trace": false, "ct_state": ""},
		{"protocol": "tcpudp", "source_ports": "1-65535", "destination_ports": "80, 443,8000-8100", "direction": "outgoing", "action": "reject", "throttle": "100/minute", "drop_throttle": true},
		{"action": "translate", "target_ip": "vmnic:web.example.nic_0", "protocol": "tcp", "destination_ports": "80", "target_ports": "8080", "ct_state": "new"},
		{"action": "translate", "direction": "outgoing", "target_ip": "the office", "protocol": "udp", "target_ports": "1024-2047", "pin": "top", "orderid": 0},
		{"protocol": "89", "interface": "dmz", "statistics": true, "pin": "bottom", "ct_state": "untracked"},
	} {
		r["vnet"], r["name"] = vnet, fmt.Sprintf("r%d", i)
		must(t, s, "vnet_rules", r)
	}
	must(t, s, "vnet_rules", row{"vnet": other, "name": "taken"}) // of another network
}

// TestRulesWaitUntilTheyAreApplied: need_fw_apply tells, and the actions apply.
func TestRulesWaitUntilTheyAreApplied(t *testing.T) {
	t.Parallel()
	s := start(t)
	vnet := must(t, s, "vnets", row{"name": "n", "network": "10.1.0.0/24"})
	waits := func(when string, want bool) {
		t.Helper()
		if got := vnetOf(t, s, vnet).NeedFwApply; got != want {
			t.Errorf("%s: need_fw_apply is %v", when, got)
		}
	}
	act := func(action string) {
		t.Helper()
		if err := s.Engine.Do(perm.WithActor(t.Context(), perm.System("admin")), func(w *engine.Write) error {
			return w.Act("vnets", vnet, action, nil)
		}); err != nil {
			t.Fatal(err)
		}
	}
	waits("new", false)
	rule := must(t, s, "vnet_rules", row{"vnet": vnet, "name": "r", "statistics": true})
	waits("a rule", true)
	act("refresh")
	waits("applied", false)
	if err := s.DB.Update(t.Context(), func(tx *store.Tx) error {
		return store.Write(tx, schema.TextValue(rule).Int(), network.VnetRuleSet{}.Packets(7).Bytes(700))
	}); err != nil {
		t.Fatal(err)
	}
	act("clear_statistics")
	waits("counted", false)
	if err := s.DB.View(t.Context(), func(tx *store.Tx) error {
		r, err := store.GetRow[network.VnetRule](tx, schema.TextValue(rule).Int())
		if r.Packets != 0 || r.Bytes != 0 || r.Orderid != 1 {
			t.Errorf("cleared, the rule is %+v", r)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if _, err := write(t, s, "vnet_rules", rule, row{"enabled": false}); err != nil {
		t.Fatal(err)
	}
	waits("disabled", true)
}

// TestAliasesInUseStay: neither deleted nor renamed while a rule has the name.
func TestAliasesInUseStay(t *testing.T) {
	t.Parallel()
	s := start(t)
	vnet := must(t, s, "vnets", row{"name": "n", "network": "10.1.0.0/24"})
	for name, value := range map[string]string{"router": "10.0.0.1", "a:b": "10.0.0.1", "10.0.0.1": "10.0.0.1", "x": "vnetself", "y": "z", "v": ",", "six": "fd00::1"} {
		if made, err := write(t, s, "vnet_rule_aliases", "", row{"name": name, "value": value}); !errs.Is(err, errs.Invalid) {
			t.Errorf("an alias %q of %q: %v, %q", name, value, err, made)
		}
	}
	alias := must(t, s, "vnet_rule_aliases", row{"name": "office", "value": "192.0.2.0/24"})
	rule := must(t, s, "vnet_rules", row{"vnet": vnet, "name": "r", "destination_ip": "10.0.0.1, office"})
	remove := func(table, key string) error {
		return s.Engine.Do(perm.WithActor(t.Context(), perm.System("admin")), func(w *engine.Write) error { return w.Delete(table, key) })
	}
	if err := remove("vnet_rule_aliases", alias); !errs.Is(err, errs.Conflict) {
		t.Errorf("an alias in use is deleted: %v", err)
	}
	if _, err := write(t, s, "vnet_rule_aliases", alias, row{"name": "home"}); !errs.Is(err, errs.Conflict) {
		t.Errorf("an alias in use is renamed: %v", err)
	}
	if _, err := write(t, s, "vnet_rule_aliases", alias, row{"name": "office", "value": "192.0.2.128/25"}); err != nil {
		t.Error(err)
	}
	for _, row := range [][2]string{{"vnet_rules", rule}, {"vnet_rule_aliases", alias}} {
		if err := remove(row[0], row[1]); err != nil {
			t.Error(err)
		}
	}
}
