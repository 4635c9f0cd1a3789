package libvirt

import (
	"context"

	golibvirt "github.com/digitalocean/go-libvirt"
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
