package compute

import (
	"fmt"

	"dewpoint/internal/engine"
	"dewpoint/internal/errs"
	"dewpoint/internal/held"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// refuseNode keeps people from the drives and NICs of machines that are not VMs: nodes and network routers.
func refuseNode(w *engine.Inside, machine schema.Value) error {
	m, err := store.GetRow[compute.Machine](w.Tx, machine)
	if err == nil && m.Type != "vm" {
		err = errs.Field("machine", "machine %d is a %s, not a VM", m.Key, m.Type)
	}
	if err != nil {
		return err
	}
	vms, err := w.Tx.Find("vms", store.Is(compute.VMCol.Machine, m.Key), store.Is(compute.VMCol.IsSnapshot, true))
	if err == nil && len(vms) > 0 {
		err = refuseFrozen(true)
	}
	return err
}

// part are the columns that drives and NICs have in common.
type part struct {
	machine, orderid schema.Column[int64]
	name             schema.Column[string]
	kind             string // what a name begins with
}

// number gives a new drive or NIC the next free number of its machine, and a name made of it, where the client gave none.
func (p part) number(w *engine.Inside, r *schema.Record) error {
	if !p.orderid.Of(r).IsNull() && !p.name.Of(r).IsNull() {
		return nil
	}
	siblings, err := w.Tx.Find(r.Table.Name, store.IsAmong(p.machine, p.machine.Of(r)))
	if err != nil {
		return err
	}
	if p.orderid.Of(r).IsNull() {
		p.orderid.Put(r, p.freeNumber(siblings))
	}
	if p.name.Of(r).Text() == "" {
		p.name.Put(r, fmt.Sprintf("%s_%d", p.kind, p.orderid.Of(r).Int()))
	}
	return nil
}

func (p part) freeNumber(siblings []*schema.Record) int64 {
	taken := map[int64]bool{}
	for _, s := range siblings {
		taken[p.orderid.Of(s).Int()] = true
	}
	n := int64(0)
	for taken[n] {
		n++
	}
	return n
}

// changed tells the VMs of the machines that have or had the part what waits for their next start.
func (p part) changed(w *engine.Inside, old, now *schema.Record) error {
	told := map[int64]bool{}
	for _, r := range []*schema.Record{old, now} {
		if r == nil || told[p.machine.Of(r).Int()] {
			continue
		}
		told[p.machine.Of(r).Int()] = true
		if err := held.Tell(w.Tx, p.machine.Of(r).Int()); err != nil {
			return err
		}
	}
	return nil
}
