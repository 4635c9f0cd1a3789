package vnet

import (
	"context"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/dnsmasq"
	"dewpoint/internal/host/link"
	"dewpoint/internal/host/nft"
	"dewpoint/internal/mark"
)

// Linux is the real host, as the network namespace of the process sees it.
type Linux struct {
	marks   marks
	nft     nft.Tool
	dnsmasq dnsmasq.Tool
}

// NewLinux returns the host whose things of ours carry the instance's mark and keep their files in directories below dir.
func NewLinux(instance, dir string) *Linux {
	return &Linux{marks: marks{mark.Instance(instance), dir}, nft: nft.Tool{In: link.In}, dnsmasq: dnsmasq.Tool{In: link.In}}
}

// Observe looks at everything that carries our mark.
func (l *Linux) Observe(ctx context.Context, folders map[int64]string) (Observed, error) {
	o := Observed{Vnets: make(map[int64]Have)}
	for _, look := range []func(context.Context, *Observed) error{l.hostFacts, l.namespaces, l.links, l.processes} {
		if err := look(ctx, &o); err != nil {
			return Observed{}, err
		}
	}
	return o, l.folders(folders, &o)
}

func (l *Linux) hostFacts(ctx context.Context, o *Observed) error {
	table, err := l.nft.Read(ctx, "", l.marks.Table())
	switch {
	case err == nil:
		o.Table = &table
	case !errs.Is(err, errs.NotFound):
		return err
	}
	if o.Forwarding, err = link.Forwarding(); err != nil {
		return err
	}
	if o.Addresses, err = link.Addresses(""); err != nil {
		return err
	}
	o.Resolvers = hostResolvers()
	return nil
}

// edit changes what is known of one network.
func (o *Observed) edit(key int64, f func(*Have)) {
	has := o.Vnets[key]
	f(&has)
	o.Vnets[key] = has
}
