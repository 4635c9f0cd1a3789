package vnet

import (
	"context"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/dnsmasq"
	"dewpoint/internal/host/link"
)

// Apply takes one step.
func (l *Linux) Apply(ctx context.Context, s Step) error {
	m := l.marks
	switch s.Verb {
	case SetForwarding:
		return link.EnsureForwarding()
	case SetHostTable:
		return l.nft.Apply(ctx, "", s.Text)
	case DropHostTable:
		return l.nft.Delete(ctx, "", m.table())
	case SetBridge:
		return link.EnsureBridge(m.bridge(s.Key), s.MTU)
	case DropBridge:
		return link.Delete(m.bridge(s.Key))
	case SetNamespace:
		return link.EnsureNamespace(m.namespace(s.Key))
	case DropNamespace:
		return l.dropNamespace(s.Key)
	case SetTable:
		return l.nft.Apply(ctx, m.namespace(s.Key), s.Text)
	case SetLan:
		return l.setLan(s)
	case DropLan:
		return link.Delete(m.lan(s.Key))
	case SetWan:
		return l.setWan(s)
	case DropWan:
		return link.Delete(m.wan(s.Key))
	case WriteFiles:
		return dnsmasq.Write(s.Dir, s.Files)
	case StartDnsmasq:
		return l.dnsmasq.Start(ctx, m.namespace(s.Key), s.Dir)
	case StopDnsmasq:
		return dnsmasq.Stop(ctx, s.Process)
	case Announce:
		return dnsmasq.Reload(s.Process, s.Text)
	case DropDir:
		return dnsmasq.Remove(s.Dir)
	}
	return errs.New(errs.Internal, "vnet_step", "no such step: %v", s)
}

// dropNamespace deletes the links first: the kernel frees a namespace some time after its name is gone, and until then the outer
// ends would be in the way of new ones.
func (l *Linux) dropNamespace(n int64) error {
	for _, name := range []string{l.marks.wan(n), l.marks.lan(n)} {
		if err := link.Delete(name); err != nil {
			return err
		}
	}
	return link.DeleteNamespace(l.marks.namespace(n))
}

func (l *Linux) setLan(s Step) error {
	inside := l.marks.namespace(s.Key)
	pair := link.Veth{Name: l.marks.lan(s.Key), Inside: inside, Peer: lanLink, Bridge: l.marks.bridge(s.Key), MTU: s.MTU}
	if err := link.EnsureVeth(pair); err != nil {
		return err
	}
	return link.In(inside, func() error { return link.EnsureAddress(lanLink, s.Address) })
}

func (l *Linux) setWan(s Step) error {
	inside := l.marks.namespace(s.Key)
	pair := link.Veth{Name: l.marks.wan(s.Key), Inside: inside, Peer: wanLink, MTU: s.MTU}
	if err := link.EnsureVeth(pair); err != nil {
		return err
	}
	if err := link.EnsureAddress(pair.Name, s.Address); err != nil { // first, for it is where the transit is read back from
		return err
	}
	return link.In(inside, func() error {
		if err := link.EnsureAddress(wanLink, farEnd(s.Address)); err != nil {
			return err
		}
		if err := link.EnsureDefaultRoute(wanLink, s.Address.Addr()); err != nil {
			return err
		}
		return link.EnsureForwarding()
	})
}
