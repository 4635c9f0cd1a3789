package compute

import (
	"fmt"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// refuseNode keeps drives and NICs off machines that are not VMs: nodes and network routers.
func refuseNode(w *engine.Inside, r *schema.Record) error {
	m, err := w.Tx.Get("machines", r.Get("machine"))
	if err == nil && m.Get("type").Text() != "vm" {
		err = errs.Field("machine", "machine %s is a %s, not a VM", m.Key.Text(), m.Get("type").Text())
	}
	return err
}

// number gives a new drive or NIC the next free number of its machine, and a name made of it, where the client gave none.
func number(w *engine.Inside, r *schema.Record, kind string) error {
	if !r.Get("orderid").IsNull() && !r.Get("name").IsNull() {
		return nil
	}
	siblings, err := w.Tx.Find(r.Table.Name, store.Eq("machine", r.Get("machine")))
	if err != nil {
		return err
	}
	if r.Get("orderid").IsNull() {
		r.Put("orderid", schema.IntValue(freeNumber(siblings)))
	}
	if r.Get("name").Text() == "" {
		r.Put("name", schema.TextValue(fmt.Sprintf("%s_%d", kind, r.Get("orderid").Int())))
	}
	return nil
}

func freeNumber(siblings []*schema.Record) int64 {
	taken := map[int64]bool{}
	for _, s := range siblings {
		taken[s.Get("orderid").Int()] = true
	}
	n := int64(0)
	for taken[n] {
		n++
	}
	return n
}
