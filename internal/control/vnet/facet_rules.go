package vnet

import (
	"context"

	"dewpoint/internal/host/nft"
)

// rulesFacet is the router's table: who may send what where.
var rulesFacet = facet{
	name: "rules",
	build: func(b *build) {
		if b.has.Table != nft.Fingerprint(b.router.table) {
			b.add(Step{Verb: SetTable, Text: b.router.table})
		}
	},
	verbs: map[Verb]func(*Linux, context.Context, Step) error{
		SetTable: func(l *Linux, ctx context.Context, s Step) error {
			return l.nft.Apply(ctx, l.marks.namespace(s.Key), s.Text)
		},
	},
}
