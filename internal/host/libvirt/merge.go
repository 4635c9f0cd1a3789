package libvirt

import (
	"context"
	"errors"
	"time"

	golibvirt "github.com/digitalocean/go-libvirt"

	"dewpoint/internal/errs"
)

// mergePoll is how often a merge is asked how far it is. Not all versions of libvirt tell its end by an event that the library knows.
const mergePoll = 100 * time.Millisecond

// Merge writes what a running domain's disk has in the file top down into the file base right beneath it, while the guest goes on. Where top is what
// the guest writes to, base becomes that. Progress, in percent, goes to tell. When ctx ends before, nothing has changed but that base holds more.
func (c *Client) Merge(ctx context.Context, ref Ref, top, base string, tell func(percent float64)) error {
	d, err := ref.domain()
	if err != nil {
		return err
	}
	name, active, err := c.diskWith(ctx, ref, top)
	if err != nil {
		return err
	}
	flags := golibvirt.DomainBlockCommitFlags(0)
	if active {
		flags = golibvirt.DomainBlockCommitActive
	}
	err = run(ctx, c, verbLimit, "merging layers of domain "+ref.Name, func(l *golibvirt.Libvirt) error {
		return l.DomainBlockCommit(d, name, golibvirt.OptString{base}, golibvirt.OptString{top}, 0, flags)
	})
	if err != nil && !errs.Is(err, errs.Conflict) { // that: it is under way, from before a crash
		return err
	}
	return c.awaitMerge(ctx, ref, d, name, active, tell)
}

func (c *Client) awaitMerge(ctx context.Context, ref Ref, d golibvirt.Domain, name string, active bool, tell func(float64)) error {
	type job struct {
		found    int32
		cur, end uint64
	}
	tick := time.NewTicker(mergePoll)
	defer tick.Stop()
	for {
		j, err := call(ctx, c, verbLimit, "asking for a merge of domain "+ref.Name, func(l *golibvirt.Libvirt) (j job, err error) {
			j.found, _, _, j.cur, j.end, err = l.DomainGetBlockJobInfo(d, name, 0)
			return j, err
		})
		switch {
		case err != nil:
			return err
		case j.found == 0:
			return nil
		case active && j.cur == j.end && j.end > 0:
			err := c.endMerge(ctx, ref, d, name, golibvirt.DomainBlockJobAbortPivot)
			if err == nil || !errs.Is(err, errs.Conflict) { // that: it isn't ready yet, the guest wrote on
				return err
			}
		case j.end > 0:
			tell(100 * float64(j.cur) / float64(j.end))
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), c.endMerge(context.WithoutCancel(ctx), ref, d, name, 0))
		case <-tick.C:
		}
	}
}

func (c *Client) endMerge(ctx context.Context, ref Ref, d golibvirt.Domain, name string, flags golibvirt.DomainBlockJobAbortFlags) error {
	return run(ctx, c, verbLimit, "ending a merge of domain "+ref.Name, func(l *golibvirt.Libvirt) error { return l.DomainBlockJobAbort(d, name, flags) })
}

// Stacks lists for each disk of a domain the files that it is made of, by its definition in use; the one that is written to comes first.
func (c *Client) Stacks(ctx context.Context, ref Ref) (stacks [][]string, err error) {
	domain, err := c.Describe(ctx, ref)
	if err != nil || domain.Devices == nil {
		return nil, err
	}
	for _, disk := range domain.Devices.Disks {
		stack := []string{fileOf(disk)}
		for b := disk.BackingStore; b != nil; b = b.BackingStore {
			if b.Source != nil && b.Source.File != nil {
				stack = append(stack, b.Source.File.File)
			}
		}
		stacks = append(stacks, stack)
	}
	return stacks, nil
}

// HasAgent tells whether the guest's agent is connected.
func (c *Client) HasAgent(ctx context.Context, ref Ref) (bool, error) {
	domain, err := c.Describe(ctx, ref)
	if err != nil || domain.Devices == nil {
		return false, err
	}
	for _, channel := range domain.Devices.Channels {
		if t := channel.Target; t != nil && t.VirtIO != nil && t.VirtIO.Name == "org.qemu.guest_agent.0" && t.VirtIO.State == "connected" {
			return true, nil
		}
	}
	return false, nil
}

// diskWith names the disk that a file belongs to, and says whether it is the one that is written to.
func (c *Client) diskWith(ctx context.Context, ref Ref, path string) (name string, active bool, err error) {
	domain, err := c.Describe(ctx, ref)
	if err != nil {
		return "", false, err
	}
	for _, disk := range domain.Devices.Disks {
		if fileOf(disk) == path {
			return disk.Target.Dev, true, nil
		}
		for b := disk.BackingStore; b != nil; b = b.BackingStore {
			if b.Source != nil && b.Source.File != nil && b.Source.File.File == path {
				return disk.Target.Dev, false, nil
			}
		}
	}
	return "", false, errs.New(errs.NotFound, "no_such_disk", "no disk of the domain has the layer")
}
