package vnet

import (
	"context"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/link"
)

// Apply takes one step.
func (l *Linux) Apply(ctx context.Context, s Step) error {
	switch s.Verb { // about the host as a whole
	case SetForwarding:
		return link.EnsureForwarding()
	case SetHostTable:
		return l.nft.Apply(ctx, "", s.Text)
	case DropHostTable:
		return l.nft.Delete(ctx, "", l.marks.Table())
	}
	for _, f := range facets {
		if take := f.verbs[s.Verb]; take != nil {
			return take(l, ctx, s)
		}
	}
	return errs.New(errs.Internal, "vnet_step", "no such step: %v", s)
}
