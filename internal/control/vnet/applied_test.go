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
)

// dropped lists the TCP ports that the kernel drops by people's rules in the namespace.
func dropped(t *testing.T, namespace string) (ports []int) {
	t.Helper()
	var out []byte
	if err := link.In(namespace, func() (err error) {
		out, err = exec.Command("nft", "-j", "list", "table", "inet", nft.RouterTable).Output()
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var listing struct {
		Nftables []struct {
			Rule struct {
				Chain string
				Expr  []map[string]json.RawMessage
			}
		}
	}
	if err := json.Unmarshal(out, &listing); err != nil {
		t.Fatal(err)
	}
	for _, o := range listing.Nftables {
		for _, e := range o.Rule.Expr {
			var match struct{ Right int }
			if o.Rule.Chain == string(nft.Opening) && json.Unmarshal(e["match"], &match) == nil { // of the rule's matches one is a number
				ports = append(ports, match.Right)
			}
		}
	}
	return ports
}

// TestRulesOfRowsReachTheKernelWhenApplied makes and changes rules, and looks at the kernel's table before and after they are applied, by this
// server and by one that starts anew.
func TestRulesOfRowsReachTheKernelWhenApplied(t *testing.T) {
	t.Parallel()
	h := newReal(t)
	d := newDatabase(t)
	pending := store.Pending{Table: "vnets", Key: schema.IntValue(d.vnet), Column: "need_fw_apply"}
	take := func() { d.update(t, func(tx *store.Tx) error { return applied.Take(tx, pending) }) }
	rule := func(port int64) {
		d.update(t, func(tx *store.Tx) error {
			create(t, tx, "vnet_rules", schema.Set{
				"vnet": pending.Key, "name": text(decimal(port)), "action": text("drop"), "protocol": text("tcp"), "destination_ports": text(decimal(port)),
			})
			return nil
		})
	}
	expect := func(when string, want ...int) {
		t.Helper()
		c := h.Config
		c.Rows = d.rows()
		reconcile(t, New(c)) // a controller that knows only what the rows say
		if got := dropped(t, h.marks.Namespace(d.vnet)); !slices.Equal(got, want) {
			t.Errorf("%s: the kernel drops ports %v, want %v", when, got, want)
		}
	}
	d.ask(t, "poweron", 1)
	rule(8080)
	expect("made")
	take()
	expect("applied", 8080)
	rule(8081)
	d.change(t, "vnet_rules", 1, schema.Set{"destination_ports": text("9090")})
	expect("changed", 8080)
	d.ask(t, "reset", 2)
	expect("built anew", 8080)
	take()
	expect("applied again", 9090, 8081)
}
