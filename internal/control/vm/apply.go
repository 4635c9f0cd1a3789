package vm

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/errs"
	"dewpoint/internal/held"
	"dewpoint/internal/host/domxml"
	"dewpoint/internal/host/firmware"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
)

// actionLimit bounds an action as a whole. The host's calls have shorter limits of their own.
const actionLimit = 15 * time.Minute

// work makes one machine's action ready for its queue. ref is the machine's domain as libvirt listed it, zero when there is none. It is never
// made from the row: the row's UUID is a user's word, and libvirt would find somebody else's domain by it. The action doesn't wait for the
// pass to write that it began: a commit takes as long as a good part of a start.
func (c *Controller) work(m *Machine, ref libvirt.Ref, s step) loop.Work {
	var f *Fact
	return loop.Work{
		Key: m.Key, Name: string(s.action), Limit: actionLimit,
		Do: func(ctx context.Context) (err error) {
			f, err = c.act(ctx, m, ref, s)
			return err
		},
		Report: func(ctx context.Context, err error) error {
			if err != nil {
				f = failed(m, s, err)
			}
			if err := c.rows.Report(ctx, []Fact{*f}); err != nil {
				return err
			}
			if s.action == remove && err == nil {
				c.down.add(m.Key) // not before the status says off: then the drives' files may go
			}
			return nil
		},
	}
}

// act does the action and returns what is then known of the machine.
func (c *Controller) act(ctx context.Context, m *Machine, ref libvirt.Ref, s step) (*Fact, error) {
	switch s.action {
	case start:
		return c.start(ctx, m, s)
	case remove:
		return c.takeDown(ctx, m, ref)
	case wake:
		return c.wake(ctx, m, ref, s)
	case forget:
		return c.forget(ctx, m, ref, s)
	case compute.Hibernate:
		return c.hibernate(ctx, m, ref, s)
	}
	asked := string(s.action)
	if s.action == compute.PowerOff && m.Hardware.Row.GuestAgent {
		asked = libvirt.PowerOffByAgent
	}
	err := c.host.Power(ctx, ref, asked)
	if err != nil && !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.NotFound) { // those two: it went off meanwhile
		return nil, err
	}
	status := s.status
	status.DoneSeq, status.OffAsked = s.done, 0
	if s.action == compute.PowerOff {
		status.OffAsked = time.Now().Unix()
	}
	if verb, _ := compute.FindPowerVerb(string(s.action)); verb.Cuts {
		status = follow(&Machine{Last: status}, observed{state: libvirt.Off})
	}
	f := fact(&Machine{Key: m.Key, Last: s.status}, status, nil)
	return &f, nil
}

// start defines the domain anew, so that it has what the rows say now, and boots it.
func (c *Controller) start(ctx context.Context, m *Machine, s step) (*Fact, error) {
	if m.Unreadable != nil {
		return nil, m.Unreadable
	}
	release, err := c.starts.Take(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	node, err := c.platform.get(ctx)
	if err != nil {
		return nil, err
	}
	vm := c.hardware(m)
	if err := letQEMU(c.cfg.DataDir, &vm, node); err != nil {
		return nil, err
	}
	if len(vm.Devices) > 0 {
		if err := (firmware.TPM{Dir: vm.Dir, UUID: vm.UUID}).Plant(); err != nil {
			return nil, err
		}
	}
	files, err := c.plantSeed(ctx, &vm, node)
	if err != nil {
		return nil, err
	}
	domain, err := domxml.Build(&vm, &node.Host)
	if err != nil {
		return nil, err
	}
	xml, err := domain.Marshal()
	if err != nil {
		return nil, fmt.Errorf("domain XML of machine %d: %w", m.Key, err)
	}
	ref, err := c.host.Define(ctx, xml)
	if err != nil {
		return nil, err
	}
	if err := c.host.Start(ctx, ref); err != nil && !errs.Is(err, errs.Conflict) {
		return nil, err
	}
	before := *m
	before.Last = s.status
	status := follow(&before, observed{state: libvirt.Running, bootID: c.cfg.BootID, now: time.Now().Unix()})
	status.DoneSeq, status.MachineType = s.done, domain.OS.Type.Machine
	return &Fact{Machine: m.Key, Status: status, Guest: given(&vm, files)}, nil
}

// hardware completes the machine's wish with what this node gives it.
func (c *Controller) hardware(m *Machine) domxml.VM {
	vm := m.Hardware
	vm.Instance, vm.MachineKey, vm.UUID, vm.Accelerator = c.cfg.Instance, m.Key, m.UUID, c.cfg.Accelerator
	vm.Dir = c.dir(m)
	vm.Drives = make([]domxml.Drive, len(m.Drives))
	for i := range m.Drives {
		vm.Drives[i] = m.Drives[i].Drive
	}
	return vm
}

// takeDown leaves nothing of a deleted machine on the host: power, definition, folder. The row is purged by the pass that follows.
func (c *Controller) takeDown(ctx context.Context, m *Machine, ref libvirt.Ref) (*Fact, error) {
	for _, call := range []func(context.Context, libvirt.Ref) error{c.host.Destroy, c.host.Undefine} {
		if ref == (libvirt.Ref{}) {
			break // no domain
		}
		if err := call(ctx, ref); err != nil && !errs.Is(err, errs.Conflict) && !errs.Is(err, errs.NotFound) {
			return nil, err
		}
	}
	if err := os.RemoveAll(c.dir(m)); err != nil {
		return nil, err
	}
	f := fact(m, follow(&Machine{Last: m.Last}, observed{state: libvirt.Off}), &held.Guest{})
	return &f, nil
}

// failed is the report of an action that did not succeed. The operation stays undone and is tried again.
func failed(m *Machine, s step, err error) *Fact {
	status := s.status
	status.State, status.Info = "error", errs.Shown(err)
	if s.action == start {
		status.Status = "error"
	}
	f := fact(m, status, nil)
	return &f
}

func (c *Controller) dir(m *Machine) string {
	return filepath.Join(c.cfg.DataDir, "machines", column.StorageName(m.Key, m.StorageID))
}
