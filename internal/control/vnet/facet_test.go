package vnet

import (
	"slices"
	"testing"
)

// TestEveryStepOfANetworkHasOneFacet: no verb is taken by two, and none that a plan can hold by nobody.
func TestEveryStepOfANetworkHasOneFacet(t *testing.T) {
	t.Parallel()
	takers := map[Verb][]string{}
	for _, f := range facets {
		for verb := range f.verbs {
			takers[verb] = append(takers[verb], f.name)
		}
	}
	host := newFake()
	v := usual(1)
	steps := diff([]Vnet{v}, host.now, marks{"ab12", "/data/vnets"}).Vnets[0].Steps
	reconcile(t, newFakeController(host, &memoryRows{want: []Vnet{v}}, &clock{}))
	changed := []Vnet{
		with(v, func(v *Vnet) { v.NAT = false }), with(v, func(v *Vnet) { v.Network = prefix("10.1.0.0/24") }),
		with(v, func(v *Vnet) { v.Running = false }), with(v, func(v *Vnet) { v.Absent = true }),
	}
	for _, want := range changed {
		for _, p := range diff([]Vnet{want}, host.now, marks{"ab12", "/data/vnets"}).Vnets {
			steps = append(steps, p.Steps...)
		}
	}
	for _, s := range steps {
		if len(takers[s.Verb]) != 1 {
			t.Errorf("%q is taken by %v", s.Verb, takers[s.Verb])
		}
	}
	for _, verb := range []Verb{SetBridge, SetTable, SetLan, SetWan, DropWan, StartDnsmasq, StopDnsmasq, DropNamespace, DropBridge, DropDir} {
		if !slices.ContainsFunc(steps, func(s Step) bool { return s.Verb == verb }) {
			t.Errorf("no plan holds %q", verb)
		}
	}
}
