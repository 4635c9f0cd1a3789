package libvirt

import (
	"context"

	golibvirt "github.com/digitalocean/go-libvirt"

	"dewpoint/internal/errs"
)

// Definition returns the XML of a domain as its next start would have it, or as it is where it has no definition, which persistent tells.
func (c *Client) Definition(ctx context.Context, ref Ref) (text string, persistent bool, err error) {
	d, err := ref.domain()
	if err != nil {
		return "", false, err
	}
	is, err := call(ctx, c, readLimit, "looking at domain "+ref.Name, func(l *golibvirt.Libvirt) (int32, error) { return l.DomainIsPersistent(d) })
	if err != nil {
		return "", false, err
	}
	var flags golibvirt.DomainXMLFlags
	if persistent = is != 0; persistent {
		flags = golibvirt.DomainXMLInactive
	}
	text, err = call(ctx, c, readLimit, "describing domain "+ref.Name, func(l *golibvirt.Libvirt) (string, error) { return l.DomainGetXMLDesc(d, flags) })
	return text, persistent, err
}

// Whole is the definition of a domain with all that it has, passwords of screens included, from which Define makes it again. NotFound when there is none.
func (c *Client) Whole(ctx context.Context, ref Ref) (string, error) {
	d, err := ref.domain()
	if err != nil {
		return "", err
	}
	return call(ctx, c, readLimit, "describing domain "+ref.Name, func(l *golibvirt.Libvirt) (string, error) {
		return l.DomainGetXMLDesc(d, golibvirt.DomainXMLInactive|golibvirt.DomainXMLSecure)
	})
}

// Drop removes the definition of a domain that is off, and leaves all that belongs to it: disks, firmware variables, what a TPM keeps. It refuses one that has snapshots
// or saved memory.
func (c *Client) Drop(ctx context.Context, ref Ref) error {
	return c.verb(ctx, ref, "undefining", func(l *golibvirt.Libvirt, d golibvirt.Domain) error {
		return l.DomainUndefineFlags(d, golibvirt.DomainUndefineKeepNvram|golibvirt.DomainUndefineKeepTpm)
	})
}

// HasNetwork reports whether libvirt has a network of that name.
func (c *Client) HasNetwork(ctx context.Context, name string) (bool, error) {
	_, err := call(ctx, c, readLimit, "looking for network "+name, func(l *golibvirt.Libvirt) (golibvirt.Network, error) { return l.NetworkLookupByName(name) })
	if errs.Is(err, errs.NotFound) {
		return false, nil
	}
	return err == nil, err
}
