package vm

import (
	"context"
	"strconv"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/model/compute"
)

// hibernate has the guest's memory written to disk. Whether it was is asked afterwards, because an earlier try may have been cut off after it.
func (c *Controller) hibernate(ctx context.Context, m *Machine, ref libvirt.Ref, s step) (*Fact, error) {
	refused := c.host.Power(ctx, ref, compute.Hibernate)
	if refused != nil && !errs.Is(refused, errs.Conflict) {
		return nil, refused
	}
	saved, err := c.host.Saved(ctx, ref)
	if err != nil {
		return nil, err
	}
	if refused != nil && !saved { // it went off meanwhile, or can't hibernate as it is: the next pass sees which
		f := Fact{Machine: m.Key, Status: m.Last}
		f.DoneSeq = s.done
		return &f, nil
	}
	before := *m
	before.Last = s.status
	before.Last.Asleep = saved
	return wentOff(&before, s), nil
}

// wake goes on from the memory of a hibernated guest. Where somebody has removed that, the machine boots.
func (c *Controller) wake(ctx context.Context, m *Machine, ref libvirt.Ref, s step) (*Fact, error) {
	saved := false
	if ref != (libvirt.Ref{}) {
		var err error
		if saved, err = c.host.Saved(ctx, ref); err != nil {
			return nil, err
		}
	}
	if !saved {
		return c.start(ctx, m, s)
	}
	release, err := c.starts.Take(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	if err := c.host.Wake(ctx, ref); err != nil && !errs.Is(err, errs.Conflict) {
		return nil, err
	}
	before := *m
	before.Last = s.status
	status := follow(&before, observed{state: libvirt.Running, bootID: c.cfg.BootID, now: time.Now().Unix()})
	status.DoneSeq = s.done
	status.Cores, _ = strconv.Atoi(m.Had[compute.VMCol.CPUCores.Name()])
	status.RAMMiB, _ = strconv.Atoi(m.Had[compute.VMCol.RAM.Name()])
	return &Fact{Machine: m.Key, Status: status}, nil // its guest has what it had
}

// forget drops the memory of a hibernated guest: the machine is off like any other.
func (c *Controller) forget(ctx context.Context, m *Machine, ref libvirt.Ref, s step) (*Fact, error) {
	if err := c.host.Forget(ctx, ref); err != nil && !errs.Is(err, errs.NotFound) {
		return nil, err
	}
	before := *m
	before.Last.Asleep = false
	f := wentOff(&before, s)
	*f = fact(m, f.Status, nil)
	return f, nil
}

// wentOff is the report of a machine that is off when a step is done.
func wentOff(before *Machine, s step) *Fact {
	status := follow(before, observed{state: libvirt.Off})
	status.DoneSeq = s.done
	f := fact(before, status, nil)
	return &f
}
