package vnet

import (
	"context"
	"net/netip"

	"dewpoint/internal/store"
)

// facet is one part of what a network has on the host. A facet is a file, facet_NAME.go: what rows wish of it, what the host shall have, how
// what is there is seen, the steps between the two, and what takes them. Each part may be missing: rows that end in the router's table are
// only read.
type facet struct {
	name string
	// read adds to the wish what other rows than the network's own say.
	read func(tx *store.Tx, v *Vnet) error
	// want adds to the target of a router, whose address in the network is known. It is pure; an error is about the wish, and of kind Invalid.
	want func(c *compiling) error
	// build lists the steps that bring the facet from what is seen to what is wanted. It is pure.
	build func(b *build)
	// bare says that a network without a router has it too.
	bare bool
	// verbs take the facet's steps on the real host.
	verbs map[Verb]func(l *Linux, ctx context.Context, s Step) error
}

// facets are in the order of building; the rules stand before the first packet can come.
var facets = []facet{bridgeFacet, namespaceFacet, vnetRulesFacet, rulesFacet, lanFacet, wanFacet, dnsmasqFacet}

// build is a network while its steps are listed.
type build struct {
	target
	key     int64
	restart bool         // the router is to be built anew
	transit netip.Prefix // the host's end, for a router with NAT
	has     Have         // what is left of what was seen once the steps so far are taken
	steps   []Step
}

func (b *build) add(steps ...Step) {
	for _, s := range steps {
		s.Key = b.key
		b.steps = append(b.steps, s)
	}
}

// converge lists the steps that bring one network to its target.
func converge(v Vnet, t target, has Have, transit netip.Prefix) []Step {
	b := &build{target: t, key: v.Key, restart: v.Restart, transit: transit, has: has}
	for _, f := range facets {
		if f.build != nil && (t.router != nil || f.bare) {
			f.build(b)
		}
	}
	return b.steps
}

// clear takes down all of a network, in reverse order.
func clear(key int64, dir string, has Have) []Step {
	steps := dropRouter(key, has)
	if has.Bridge != (Bridge{}) {
		steps = append(steps, Step{Verb: DropBridge, Key: key})
	}
	if has.Dir {
		steps = append(steps, Step{Verb: DropDir, Key: key, Dir: dir})
	}
	return steps
}
