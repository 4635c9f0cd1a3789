package vm

import (
	"context"
	"errors"
	"slices"
	"strings"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/errs"
	"dewpoint/internal/held"
	"dewpoint/internal/host/domxml"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/model/compute"
)

// guest is a machine that runs, while it is changed.
type guest struct {
	m      *Machine
	ref    libvirt.Ref
	domain *domxml.Domain // as it is
}

// liveColumn is a column that a running guest gets at once, where its QEMU can. do reports whether the guest has it now; where the guest can't have it while it
// runs, nothing is done, and the column waits for the next start.
type liveColumn struct {
	table, column string // no table for the VM's own
	hotplug       bool   // allow_hotplug must be set
	do            func(c *Controller, ctx context.Context, g guest, gap held.Gap) (done bool, err error)
}

func liveColumns() []liveColumn {
	drive, nic := "machine_drives", "machine_nics"
	return []liveColumn{
		{"", compute.VMCol.Name.Name(), false, (*Controller).retitle},
		{"", compute.VMCol.RAM.Name(), true, (*Controller).balloon},
		{"", compute.VMCol.CPUCores.Name(), true, (*Controller).addCPUs},
		{drive, compute.MachineDriveCol.MediaSource.Name(), false, (*Controller).changeMedium},
		{drive, compute.MachineDriveCol.Disksize.Name(), false, (*Controller).growDisk},
		{nic, compute.MachineNICCol.Vnet.Name(), false, (*Controller).moveCard},
		{nic, compute.MachineNICCol.Enabled.Name(), false, (*Controller).setLink},
	}
}

// liveGap is a gap with what closes it.
type liveGap struct {
	held.Gap
	liveColumn
}

// liveGaps are the gaps of a machine that may be closed while it runs.
func liveGaps(m *Machine) (found []liveGap) {
	for _, gap := range m.Gaps {
		table, _ := held.Part(gap.Path)
		for _, l := range liveColumns() {
			if l.table == table && l.column == gap.Column && (!l.hotplug || m.Hardware.Row.AllowHotplug) && m.mediumWhole(gap) {
				found = append(found, liveGap{gap, l})
			}
		}
	}
	return found
}

// mediumWhole is false for a medium that hasn't arrived yet: nothing is tried before.
func (m *Machine) mediumWhole(gap held.Gap) bool {
	if gap.Column != compute.MachineDriveCol.MediaSource.Name() {
		return true
	}
	_, key := held.Part(gap.Path)
	drive := guest{m: m}.drive(key)
	return drive != nil && drive.Ready
}

// sign names a run of a guest with what it lacks: with the same sign there is nothing new to try.
func sign(run int32, gaps []liveGap) string {
	var s strings.Builder
	s.WriteRune(run)
	for _, g := range gaps {
		s.WriteString(" " + g.Gap.String() + "=" + g.Want)
	}
	return s.String()
}

// adjust makes ready the work that gives a running guest what its rows have come to say since its start. It never fails: the machine must stay ready
// for its power. What couldn't be done is tried again later, and told.
func (c *Controller) adjust(m *Machine, d libvirt.Info, gaps []liveGap) loop.Work {
	var closed []held.Gap
	return loop.Work{
		Key: m.Key, Name: "adjust", Limit: actionLimit,
		Do: func(ctx context.Context) error {
			var err error
			closed, err = c.closeGaps(ctx, m, d.Ref, gaps)
			if errs.Is(err, errs.Conflict) || errs.Is(err, errs.NotFound) { // it went off meanwhile
				err = nil
			}
			if c.tries.note(m.Key, sign(d.Run, gaps), err) {
				c.log.Warn("a running VM can't be changed", append(errs.Logged(err), "machine", m.Key, "vm", m.Hardware.Title)...)
			}
			return nil
		},
		Report: func(ctx context.Context, _ error) error {
			if len(closed) == 0 {
				return nil
			}
			return c.rows.Close(ctx, m.Key, closed)
		},
	}
}

// closeGaps closes each gap that can be closed, and returns those.
func (c *Controller) closeGaps(ctx context.Context, m *Machine, ref libvirt.Ref, gaps []liveGap) (closed []held.Gap, failed error) {
	domain, err := c.host.Describe(ctx, ref)
	if err != nil {
		return nil, err
	}
	for _, gap := range gaps {
		done, err := gap.do(c, ctx, guest{m, ref, domain}, gap.Gap)
		if done && err == nil {
			closed = append(closed, gap.Gap)
		}
		failed = errors.Join(failed, err)
	}
	return closed, failed
}

// card finds a NIC of the machine's, and its card in the domain; nil where there is none.
func (g guest) card(key int64) (*domxml.NIC, *domxml.Card) {
	i := slices.IndexFunc(g.m.NICs, func(n domxml.NIC) bool { return n.Row.Key == key })
	if i < 0 {
		return nil, nil
	}
	return &g.m.NICs[i], domxml.CardAt(g.domain, g.m.NICs[i].Tap)
}

// drive finds a drive of the machine's.
func (g guest) drive(key int64) *Drive {
	i := slices.IndexFunc(g.m.Drives, func(d Drive) bool { return d.Row.Key == key })
	if i < 0 {
		return nil
	}
	return &g.m.Drives[i]
}
