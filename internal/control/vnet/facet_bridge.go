package vnet

import (
	"context"

	"dewpoint/internal/host/link"
)

// bridgeFacet is the bridge, which stays as long as the network does.
var bridgeFacet = facet{
	name: "bridge", bare: true,
	build: func(b *build) {
		if b.has.Bridge != (Bridge{MTU: b.mtu, Up: true}) {
			b.add(Step{Verb: SetBridge, MTU: b.mtu})
		}
	},
	verbs: map[Verb]func(*Linux, context.Context, Step) error{
		SetBridge: func(l *Linux, _ context.Context, s Step) error {
			return link.EnsureBridge(l.marks.Bridge(s.Key), s.MTU)
		},
		DropBridge: func(l *Linux, _ context.Context, s Step) error { return link.Delete(l.marks.Bridge(s.Key)) },
	},
}
