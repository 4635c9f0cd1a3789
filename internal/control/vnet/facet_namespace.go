package vnet

import (
	"context"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/link"
	"dewpoint/internal/host/nft"
	"dewpoint/internal/mark"
)

// namespaceFacet is the router's namespace. With it goes all that is in it.
var namespaceFacet = facet{
	name: "namespace", bare: true,
	build: func(b *build) {
		if b.router == nil || b.restart {
			b.add(dropRouter(b.key, b.has)...)
			b.has = Have{Dir: b.has.Dir, Files: b.has.Files}
		}
		if b.router == nil {
			return
		}
		if lanDiffers(b.target, b.has) { // the sockets of a running dnsmasq are bound to the link and the address that were
			b.add(stopAll(b.key, b.has.Dnsmasq)...)
			b.has.Dnsmasq = nil
		}
		if b.has.Router.Inode == 0 {
			b.add(Step{Verb: SetNamespace})
		}
	},
	verbs: map[Verb]func(*Linux, context.Context, Step) error{
		SetNamespace: func(l *Linux, _ context.Context, s Step) error {
			return link.EnsureNamespace(l.marks.Namespace(s.Key))
		},
		DropNamespace: func(l *Linux, _ context.Context, s Step) error { return l.dropNamespace(s.Key) },
	},
}

// dropRouter takes the router down and leaves its directory, for the leases outlive it.
func dropRouter(key int64, has Have) []Step {
	steps := stopAll(key, has.Dnsmasq)
	if has.Router.Inode != 0 || has.Remnant || has.Lan.Exists || has.Wan.Exists {
		steps = append(steps, Step{Verb: DropNamespace, Key: key})
	}
	return steps
}

func (l *Linux) namespaces(ctx context.Context, o *Observed) error {
	list, remnants, err := link.Namespaces(l.marks.Namespaces())
	if err != nil {
		return err
	}
	for _, name := range remnants {
		if n, ok := mark.Key(name, l.marks.Namespaces()); ok {
			o.edit(n, func(h *Have) { h.Remnant = true })
		}
	}
	for _, ns := range list {
		n, ok := mark.Key(ns.Name, l.marks.Namespaces())
		if !ok {
			continue
		}
		table, err := l.nft.Count(ctx, ns.Name, nft.RouterTable)
		if err != nil && !errs.Is(err, errs.NotFound) {
			return err
		}
		o.edit(n, func(h *Have) {
			h.Router, h.Table, h.Counted = Namespace{Inode: ns.Inode, Started: ns.Made}, table.State, rulesCounted(table.Counters)
		})
	}
	return nil
}

// dropNamespace deletes the links first: the kernel frees a namespace some time after its name is gone, and until then the outer
// ends would be in the way of new ones.
func (l *Linux) dropNamespace(n int64) error {
	for _, name := range []string{l.marks.WAN(n), l.marks.LAN(n)} {
		if err := link.Delete(name); err != nil {
			return err
		}
	}
	return link.DeleteNamespace(l.marks.Namespace(n))
}
