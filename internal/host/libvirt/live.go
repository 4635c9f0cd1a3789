package libvirt

import (
	"context"
	"strings"

	golibvirt "github.com/digitalocean/go-libvirt"

	"dewpoint/internal/errs"
)

// What is here changes a domain that runs. The definition on disk stays: a start replaces it anyway. Conflict when the domain is off.
const live = uint32(golibvirt.DomainAffectLive)

// Attach plugs in a device that the XML describes. It is Full where the domain has no place left for one.
func (c *Client) Attach(ctx context.Context, ref Ref, xml string) error {
	return c.verb(ctx, ref, "plugging a device into", func(l *golibvirt.Libvirt, d golibvirt.Domain) error {
		err := l.DomainAttachDeviceFlags(d, xml, live)
		if err != nil && strings.Contains(err.Error(), "No more available PCI slots") { // which has no number of its own
			err = errs.Wrap(err, errs.Full, "no_port", "the VM has no free PCI port for another device; power it off and on to get new ones, or unplug something")
		}
		return err
	})
}

// Detach asks the guest to let go of a device, which the XML describes as the domain has it. It may return before the guest has: the device is gone
// when Describe doesn't show it any more, which may be never.
func (c *Client) Detach(ctx context.Context, ref Ref, xml string) error {
	return c.verb(ctx, ref, "unplugging a device of", func(l *golibvirt.Libvirt, d golibvirt.Domain) error { return l.DomainDetachDeviceFlags(d, xml, live) })
}

// Update changes a device to what the XML says, as far as QEMU can: the medium of a CD-ROM drive, the bridge and the link of a card.
func (c *Client) Update(ctx context.Context, ref Ref, xml string) error {
	return c.verb(ctx, ref, "changing a device of", func(l *golibvirt.Libvirt, d golibvirt.Domain) error {
		return l.DomainUpdateDeviceFlags(d, xml, golibvirt.DomainDeviceModifyFlags(live))
	})
}

// Grow gives the disk with that path so many bytes; the guest sees them at once. A disk that has them, or more, stays: libvirt would cut it off.
func (c *Client) Grow(ctx context.Context, ref Ref, path string, bytes uint64) error {
	return c.verb(ctx, ref, "growing a disk of", func(l *golibvirt.Libvirt, d golibvirt.Domain) error {
		_, has, _, err := l.DomainGetBlockInfo(d, path, 0)
		if err != nil || has >= bytes {
			return err
		}
		return l.DomainBlockResize(d, path, bytes, golibvirt.DomainBlockResizeBytes)
	})
}

// Memory returns what the guest has of memory now, in KiB, and the most that it can have.
func (c *Client) Memory(ctx context.Context, ref Ref) (now, most uint64, err error) {
	d, err := ref.domain()
	if err != nil {
		return 0, 0, err
	}
	has, err := call(ctx, c, readLimit, "reading the memory of domain "+ref.Name, func(l *golibvirt.Libvirt) ([2]uint64, error) {
		_, most, now, _, _, err := l.DomainGetInfo(d)
		return [2]uint64{now, most}, err
	})
	return has[0], has[1], err
}

// SetMemory asks the guest, by its balloon, to make do with so many KiB, or to take them back. It returns before the guest has done it. Invalid above
// the most that the domain can have.
func (c *Client) SetMemory(ctx context.Context, ref Ref, kib uint64) error {
	return c.verb(ctx, ref, "changing the memory of", func(l *golibvirt.Libvirt, d golibvirt.Domain) error { return l.DomainSetMemoryFlags(d, kib, live) })
}

// SetCPUs plugs in CPUs until there are n. It takes none away.
func (c *Client) SetCPUs(ctx context.Context, ref Ref, n uint32) error {
	return c.verb(ctx, ref, "adding CPUs to", func(l *golibvirt.Libvirt, d golibvirt.Domain) error {
		has, err := l.DomainGetVcpusFlags(d, live)
		switch {
		case err != nil || has == int32(n):
			return err
		case has > int32(n):
			return errs.New(errs.Invalid, "cpu_in_use", "a running guest keeps its %d CPUs", has)
		}
		return l.DomainSetVcpusFlags(d, n, live)
	})
}

// SetTitle changes the name that libvirt's tools show.
func (c *Client) SetTitle(ctx context.Context, ref Ref, title string) error {
	return c.verb(ctx, ref, "naming", func(l *golibvirt.Libvirt, d golibvirt.Domain) error {
		return l.DomainSetMetadata(d, int32(golibvirt.DomainMetadataTitle), golibvirt.OptString{title}, nil, nil, golibvirt.DomainAffectLive)
	})
}
