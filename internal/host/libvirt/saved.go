package libvirt

import (
	"context"

	golibvirt "github.com/digitalocean/go-libvirt"
)

// Save writes the guest's memory to a file that libvirt keeps beside the definition, and ends its QEMU. It returns when both is done. A save that
// was cut off leaves the guest running. Conflict when the domain is off.
func (c *Client) Save(ctx context.Context, ref Ref) error {
	d, err := ref.domain()
	if err != nil {
		return err
	}
	return run(ctx, c, saveLimit, "hibernating domain "+ref.Name, func(l *golibvirt.Libvirt) error { return l.DomainManagedSave(d, 0) })
}

// Saved reports whether there is memory that Save has kept.
func (c *Client) Saved(ctx context.Context, ref Ref) (bool, error) {
	d, err := ref.domain()
	if err != nil {
		return false, err
	}
	has, err := call(ctx, c, readLimit, "looking for the memory of domain "+ref.Name, func(l *golibvirt.Libvirt) (int32, error) {
		return l.DomainHasManagedSaveImage(d, 0)
	})
	return has != 0, err
}

// Wake goes on from the memory that Save has kept, with the hardware that the guest had then, and drops it once the guest runs.
func (c *Client) Wake(ctx context.Context, ref Ref) error { return c.start(ctx, ref, saveLimit, 0) }

// Forget drops the memory that Save has kept, if there is any.
func (c *Client) Forget(ctx context.Context, ref Ref) error {
	has, err := c.Saved(ctx, ref)
	if err != nil || !has {
		return err
	}
	return c.verb(ctx, ref, "dropping the memory of", func(l *golibvirt.Libvirt, d golibvirt.Domain) error { return l.DomainManagedSaveRemove(d, 0) })
}
