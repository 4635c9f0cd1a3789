package vnet

import (
	"context"

	"dewpoint/internal/host/nft"
)

// rulesFacet is the router's table: who may send what where.
var rulesFacet = facet{
	name: "rules",
	want: func(c *compiling) error {
		c.rules.Lan, c.rules.Wan, c.rules.Rules = lanLink, wanLink, c.Rules
		return nil
	},
	build: func(b *build) {
		if b.has.Table != nft.Fingerprint(b.router.table) {
			wanted := nft.Fingerprint(b.router.table).Text
			b.add(Step{Verb: SetTable, Text: b.router.table, Mends: b.has.Table.Text == wanted})
		}
	},
	verbs: map[Verb]func(*Linux, context.Context, Step) error{
		SetTable: func(l *Linux, ctx context.Context, s Step) error {
			return l.nft.Apply(ctx, l.marks.Namespace(s.Key), s.Text)
		},
	},
}
