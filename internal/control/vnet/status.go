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
		has, fault := have.Vnets[v.Key], c.faults[v.Key]
		f := Fact{Key: v.Key, Seq: v.Seq, Wanted: v.Running && !v.Absent, Leases: current(has.Leases, c.Now()), Running: works(v, c.marks.path(v.Key, v.ID), has), Status: Stopped}
		f.Settled = !open[v.Key] && fault.err == nil
		f.Gone = v.Absent && f.Settled
		if f.Running {
			f.Status, f.Started = Running, has.Router.Started
		}
		if fault.err != nil {
			f.Status, f.Since = Failed, fault.since
			f.Code, f.Message = explain(fault.err)
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

// explain turns an error into a code and a text for the network's status row. Only what is about the wish is told in full: the
// rest names paths and holds what tools said, which is for the log.
func explain(err error) (code, message string) {
	e := errs.As(err)
	switch {
	case e == nil:
		return "vnet_failed", "the network could not be set up; the server's log says why"
	case e.Kind == errs.Invalid || e.Kind == errs.Full:
		return e.Code, e.Text
	}
	return e.Code, "the network could not be set up (" + e.Code + "); the server's log says why"
}
