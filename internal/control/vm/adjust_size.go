package vm

import (
	"context"
	"strconv"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/held"
)

// balloonLimit is how long a guest may take to give memory back, and balloonSlack the part of it that it may be off by.
const (
	balloonLimit = 5 * time.Second
	balloonSlack = 64 // one in so many
)

// balloon changes the guest's memory, up to what it has started with. The guest does it, by its driver: what it has is asked, not believed.
func (c *Controller) balloon(ctx context.Context, g guest, gap held.Gap) (bool, error) {
	mib, err := strconv.ParseUint(gap.Want, 10, 32)
	if err != nil {
		return false, err
	}
	want := mib << 10
	if _, most, err := c.host.Memory(ctx, g.ref); err != nil || want > most {
		return false, err
	}
	if err := c.host.SetMemory(ctx, g.ref, want); err != nil {
		return false, err
	}
	now := uint64(0)
	for end := time.Now().Add(balloonLimit); time.Now().Before(end); {
		if now, _, err = c.host.Memory(ctx, g.ref); err != nil || max(now, want)-min(now, want) <= want/balloonSlack {
			return err == nil, err
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return false, errs.New(errs.Unavailable, "guest_keeps_memory", "the guest was asked for %d MiB of memory and has %d MiB still; it may lack a driver for the balloon", mib, now>>10)
}

// addCPUs plugs CPUs in, up to what the domain has room for. To take one away, QEMU needs a guest that agrees: fewer wait for the next start.
func (c *Controller) addCPUs(ctx context.Context, g guest, gap held.Gap) (bool, error) {
	want, err := strconv.ParseUint(gap.Want, 10, 32)
	if err != nil || g.domain.VCPU == nil || uint64(g.domain.VCPU.Value) < want || g.domain.VCPU.Current > uint(want) || g.domain.VCPU.Current == 0 {
		return false, err
	}
	return true, c.host.SetCPUs(ctx, g.ref, uint32(want))
}

// retitle changes the name that libvirt's tools show.
func (c *Controller) retitle(ctx context.Context, g guest, gap held.Gap) (bool, error) {
	return true, c.host.SetTitle(ctx, g.ref, gap.Want)
}
