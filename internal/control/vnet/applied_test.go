package vnet

import (
	"encoding/json"
	"os/exec"
	"slices"
	"testing"

	"dewpoint/internal/applied"
	"dewpoint/internal/host/link"
	"dewpoint/internal/host/nft"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

// testRules is a facet as a table of rules has one: a port of the router that is closed for the network.
var testRules = facet{
	name: "test_rules",
	read: func(tx *store.Tx, v *Vnet) error {
		rows, err := applied.Rows[rig.Rule](tx, v.Key)
		for _, row := range rows {
			v.Rule(nft.Input, nft.Drop.If(nft.In(lanLink), nft.TCP.To(uint16(row.Port))))
		}
		return err
	},
}

// closed lists the TCP ports that the kernel drops in the namespace.
func closed(t *testing.T, namespace string) (ports []int) {
	t.Helper()
	var out []byte
	if err := link.In(namespace, func() (err error) {
		out, err = exec.Command("nft", "-j", "list", "chain", "inet", nft.RouterTable, "input").Output()
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var listing struct {
		Nftables []struct {
			Rule struct{ Expr []map[string]json.RawMessage }
		}
	}
	if err := json.Unmarshal(out, &listing); err != nil {
		t.Fatal(err)
	}
	for _, o := range listing.Nftables {
		var port int
		for _, e := range o.Rule.Expr {
			var match struct{ Right int }
			if json.Unmarshal(e["match"], &match) == nil { // of the rule's matches one is a number
				port = match.Right
			}
			if _, drops := e["drop"]; drops && port > 0 {
				ports = append(ports, port)
			}
		}
	}
	return ports
}

// TestRulesReachTheKernelWhenApplied makes and changes rules, and looks at the kernel's table before and after they are applied, by this
// server and by one that starts anew.
func TestRulesReachTheKernelWhenApplied(t *testing.T) {
	t.Parallel()
	h := newReal(t)
	d := newDatabaseOn(t, rig.WithRules(t, t.TempDir()))
	pending := store.Pending{Table: "vnets", Key: schema.IntValue(d.vnet), Column: "need_fw_apply"}
	take := func() { d.update(t, func(tx *store.Tx) error { return applied.Take(tx, pending) }) }
	rule := func(port int64) {
		d.update(t, func(tx *store.Tx) error {
			create(t, tx, "test_rules", schema.Set{"vnet": pending.Key, "name": text("r"), "port": schema.IntValue(port)})
			return nil
		})
	}
	expect := func(when string, want ...int) {
		t.Helper()
		rows := d.rows()
		rows.facets = append(slices.Clone(facets), testRules)
		c := h.Config
		c.Rows = rows
		reconcile(t, New(c)) // a controller that knows only what the rows say
		if got := closed(t, h.marks.Namespace(d.vnet)); !slices.Equal(got, want) {
			t.Errorf("%s: the kernel drops ports %v, want %v", when, got, want)
		}
	}
	d.ask(t, "poweron", 1)
	rule(8080)
	expect("made")
	take()
	expect("applied", 8080)
	rule(8081)
	d.change(t, "test_rules", 1, schema.Set{"port": schema.IntValue(9090)})
	expect("changed", 8080)
	d.ask(t, "reset", 2)
	expect("built anew", 8080)
	take()
	expect("applied again", 9090, 8081)
}
