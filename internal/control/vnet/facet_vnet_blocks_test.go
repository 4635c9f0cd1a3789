package vnet

import (
	"os/exec"
	"strings"
	"testing"

	"dewpoint/internal/applied"
	"dewpoint/internal/host/link"
	"dewpoint/internal/host/nft"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// TestBlocksReachTheKernel looks at the kernel's table before and after a block is applied.
func TestBlocksReachTheKernel(t *testing.T) {
	t.Parallel()
	h, d := newReal(t), newDatabase(t)
	d.ask(t, "poweron", 1)
	d.update(t, func(tx *store.Tx) error {
		create(t, tx, "vnet_blocks", schema.Set{
			"vnet": schema.IntValue(d.vnet), "name": text("mail"), "destination": text("192.0.2.7/24"), "protocol": text("tcp"), "port": schema.IntValue(25),
		})
		return nil
	})
	forward := func() (listing string) {
		c := h.Config
		c.Rows = d.rows()
		reconcile(t, New(c))
		if err := link.In(h.marks.Namespace(d.vnet), func() error {
			out, err := exec.Command("nft", "-j", "list", "chain", "inet", nft.RouterTable, "forward").Output()
			listing = string(out)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		return listing
	}
	const address, port = `"right": {"prefix": {"addr": "192.0.2.0", "len": 24}}`, `"field": "dport"}}, "right": 25}}, {"drop": null}`
	if got := forward(); strings.Contains(got, "192.0.2.0") {
		t.Errorf("a block is in force before it is applied: %s", got)
	}
	d.update(t, func(tx *store.Tx) error {
		return applied.Take(tx, store.Pending{Table: "vnets", Key: schema.IntValue(d.vnet), Column: "need_fw_apply"})
	})
	if got := forward(); !strings.Contains(got, address) || !strings.Contains(got, port) {
		t.Errorf("the kernel's table lacks the block: %s", got)
	} else {
		t.Log(got)
	}
}
