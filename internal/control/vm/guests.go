package vm

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/held"
	"dewpoint/internal/host/block"
	"dewpoint/internal/host/domxml"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/mark"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
)

// given is what a guest has that was started with this hardware and these files for cloud-init.
func given(vm *domxml.VM, files []compute.CloudinitFile) *held.Guest {
	g := &held.Guest{
		Drives: map[int64]int64{}, NICs: map[int64]int64{}, With: &held.Rows{VM: vm.Row, Seed: files}, Console: consoleOf(vm.Row.Console, vm.Row.Console),
	}
	for _, drive := range vm.Drives {
		g.With.Drives = append(g.With.Drives, drive.Row)
		g.Drives[drive.Row.Key] = 0
		if drive.Device == "cdrom" {
			g.Drives[drive.Row.Key] = drive.Row.MediaSource
		}
	}
	for _, nic := range vm.NICs {
		g.With.NICs = append(g.With.NICs, nic.Row)
		g.NICs[nic.Row.Key] = nic.Row.Vnet
	}
	for _, device := range vm.Devices {
		g.With.Devices, g.With.TPMs = append(g.With.Devices, device.Row), append(g.With.TPMs, device.TPM)
	}
	return g
}

// seen is what a guest has whose start this program didn't make or didn't live to report, as far as libvirt tells.
func seen(instance mark.Instance, m *Machine, h libvirt.Holds) *held.Guest {
	g := &held.Guest{
		Drives: map[int64]int64{}, NICs: map[int64]int64{}, Down: map[int64]bool{}, Console: consoleOf(h.Screen, m.Hardware.Row.Console),
		Since: &m.StartedWith,
	}
	for _, path := range h.Files {
		name, disk := strings.CutSuffix(filepath.Base(path), block.DiskEnding)
		key, _, _, ours := column.ReadHeadName(name)
		switch {
		case ours && disk:
			g.Drives[key] = 0
		case ours:
			g.Media = append(g.Media, key)
		}
	}
	for _, port := range h.Ports {
		nic, isTap := mark.Key(port.Device, instance.Taps())
		vnet, isBridge := mark.Key(port.Bridge, instance.Bridges())
		if isTap && isBridge {
			g.NICs[nic], g.Down[nic] = vnet, port.Down
		}
	}
	return g
}

// consoleOf is what can be looked at of a guest with that screen. Each has a serial line; which it is without a screen, the row says.
func consoleOf(screen, wished string) string {
	switch {
	case screen == "vnc", screen == "spice":
		return screen
	case wished == "":
		return "vnc" // as a domain is made that nothing is said of
	case wished == "serial":
		return "serial"
	}
	return ""
}

// look has libvirt asked what a guest has that runs since a moment that this controller hasn't seen. It is work of the machine's own queue: no pass
// waits for it. A guest that can't be asked is asked again by the next pass; until then what is known of it stays.
func (c *Controller) look(m *Machine, d libvirt.Info, status Status) loop.Work {
	var guest *held.Guest
	return loop.Work{
		Key: m.Key, Name: "look", Limit: actionLimit,
		Do: func(ctx context.Context) error {
			h, err := c.host.Holds(ctx, d.Ref)
			if err != nil {
				c.log.Warn("libvirt can't describe a running VM", "machine", m.Key, "err", err)
				return nil // which is no reason to let the machine rest
			}
			guest = seen(mark.Instance(c.cfg.Instance), m, h)
			return nil
		},
		Report: func(ctx context.Context, err error) error {
			if err != nil || guest == nil {
				return err
			}
			err = c.rows.Report(ctx, []Fact{fact(m, status, guest)})
			if err == nil {
				c.runs.note(m.Key, d.Run)
			}
			if errors.Is(err, held.ErrStale) { // it is looked at again
				c.queue.Wake()
				err = nil
			}
			return err
		},
	}
}

// runs are the runs of domains of which the rows say what the guests have, by machine. The zero value knows none; it is for concurrent use.
type runs struct {
	mu    sync.Mutex
	known map[int64]int32
}

func (r *runs) note(machine int64, run int32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.known == nil {
		r.known = map[int64]int32{}
	}
	r.known[machine] = run
}

// forget drops what is known of a machine's guest: it has lost a device.
func (r *runs) forget(machine int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.known, machine)
}

// lacks reports whether the domain runs and it isn't known what it has.
func (r *runs) lacks(machine int64, d libvirt.Info) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !d.State.Active() || d.State == libvirt.Unknown {
		delete(r.known, machine)
		return false
	}
	run, known := r.known[machine]
	return !known || run != d.Run
}
