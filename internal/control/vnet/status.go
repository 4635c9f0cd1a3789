package vnet

import (
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/dnsmasq"
)

// facts says what became of each wish. Rest is the plan that is left after the pass.
func (c *Controller) facts(want []Vnet, have Observed, rest Plan) []Fact {
	open := make(map[int64]bool)
	for _, p := range rest.Vnets {
		open[p.Key] = true
	}
	facts := make([]Fact, 0, len(want))
	for _, v := range want {
		has := have.Vnets[v.Key]
		fault, failed := c.Queue.Fault(v.Key)
		f := Fact{Key: v.Key, Seq: v.Seq, Wanted: v.Running && !v.Absent, Leases: current(has.Leases, c.Now()), Counted: has.Counted, Running: works(v, c.marks.path(v.Key, v.ID), has), Status: Stopped}
		f.Settled = !open[v.Key] && !failed
		f.Gone = v.Absent && f.Settled
		if f.Running {
			f.Status, f.Started = Running, has.Router.Started
		}
		if failed {
			f.Status, f.Since = Failed, fault.Since
			f.Code, f.Message = codeOf(fault.Err), errs.Shown(fault.Err)
		}
		facts = append(facts, f)
	}
	return facts
}

// current returns the leases that have not run out: while its router is off, nobody clears a network's lease file.
func current(leases []dnsmasq.Lease, now time.Time) (out []dnsmasq.Lease) {
	for _, l := range leases {
		if l.Expiry.IsZero() || l.Expiry.After(now) {
			out = append(out, l)
		}
	}
	return out
}

// works reports whether the router does its main job: it is on the network, and answers there if it is to answer.
func works(v Vnet, dir string, has Have) bool {
	if has.Router.Inode == 0 {
		return false
	}
	if !v.Network.IsValid() {
		return true
	}
	keep, _ := sortProcesses(dir, has)
	return has.Lan.Whole && (keep != nil || !v.DHCP && !v.DNS)
}

// codeOf is the stable word for a fault.
func codeOf(err error) string {
	if e := errs.As(err); e != nil {
		return e.Code
	}
	return "vnet_failed"
}
