package vm

import (
	"fmt"

	"dewpoint/internal/held"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/model/compute"
)

// action is what has to be done to a domain: one of these, or a power verb that a running machine can be asked for.
type action string

const (
	nothing action = ""
	start   action = "start"
	remove  action = "remove" // domain, folder and row
	wake    action = "wake"   // from hibernation
	forget  action = "forget" // the memory of a hibernated guest
)

// step is what one machine needs now: an action, and the status to report. With an action the status is the one while it is under way;
// done is then the PowerSeq that success carries out.
type step struct {
	action action
	status Status
	done   int64
}

// observed is what the host says of a machine.
type observed struct {
	state  libvirt.State // Off when there is no domain
	none   bool          // there is no domain
	bootID string        // of the host, now
	now    int64         // Unix seconds
}

// decide compares wish and fact of one machine. It is pure.
func decide(m *Machine, seen observed) step {
	if m.Deleted {
		status := m.Last
		status.Status, status.PowerWanted = "stopping", false
		return step{action: remove, status: status, done: m.PowerSeq}
	}
	active := seen.state.Active()
	pending := m.PowerSeq > m.Last.DoneSeq
	verb, known := compute.FindPowerVerb(m.PowerOp)
	switch {
	case pending && m.PowerOp == compute.PowerOn && !active:
		return powerUp(m)
	case pending && m.PowerOp == compute.PowerOn && seen.state == libvirt.Paused:
		return step{action: compute.Resume, status: follow(m, seen), done: m.PowerSeq}
	case pending && m.PowerOp == compute.Kill && asleep(m, seen):
		return step{action: forget, status: m.Last, done: m.PowerSeq}
	case pending && m.PowerOp == compute.Hibernate && !active && !seen.none && !asleep(m, seen): // or a crash kept its end from being noted
		return step{action: compute.Hibernate, status: m.Last, done: m.PowerSeq}
	case pending && active && known && m.PowerOp != compute.PowerOn: // which has nothing to do there
		status := follow(m, seen)
		switch {
		case verb.Cuts:
			status.Status = "stopping"
		case verb.Op == compute.Hibernate:
			status.Status = "hibernating"
		}
		return step{action: action(verb.Op), status: status, done: m.PowerSeq}
	case pending: // the machine is already what the operation wants, or there is nothing that it could act on
		status := follow(m, seen)
		status.DoneSeq = m.PowerSeq
		return step{status: status, done: m.PowerSeq}
	case tooLong(m, seen):
		status := follow(m, seen)
		status.Status = "stopping"
		return step{action: compute.Kill, status: status, done: m.Last.DoneSeq}
	case !active && lostPower(m, seen) && m.OnPowerLoss != LeaveOff:
		return powerUp(m)
	}
	return step{status: follow(m, seen), done: m.Last.DoneSeq}
}

// tooLong reports whether the guest had all the time that its VM gives it to power off, and still runs.
func tooLong(m *Machine, seen observed) bool {
	timeout := m.Hardware.Row.PowerCycleTimeout
	return seen.state.Active() && m.PowerOp == compute.PowerOff && m.Last.OffAsked > 0 && timeout > 0 && seen.now >= m.Last.OffAsked+timeout
}

// asleep reports whether the machine is off and its guest's memory is kept.
func asleep(m *Machine, seen observed) bool {
	return m.Last.Asleep && !seen.state.Active() && !seen.none
}

// lostPower reports that the machine was on, or was to come on, when the host went down. A guest that powered itself off has neither mark.
func lostPower(m *Machine, seen observed) bool {
	return (m.Last.Running || m.Last.PowerWanted) && m.Last.BootID != "" && m.Last.BootID != seen.bootID
}

// powerUp starts the machine once its turn in its queue has come and all its drives have their files. One whose start has failed stays in error, with the
// reason, until it runs or isn't wanted any more: a new try is no good news, and an alarm must not end with each.
func powerUp(m *Machine) step {
	status, up := m.Last, start
	if status.Asleep {
		up = wake
	}
	status.Running, status.PowerWanted, status.Started, status.Cores, status.RAMMiB, status.Settled = false, true, 0, 0, 0, false
	if !m.Last.PowerWanted || m.Last.State != "error" {
		status.State, status.Info = "offline", ""
	}
	if len(m.Before) > 0 {
		status.Status, status.Info = "waitingforresources", behind(m.Before)
		return step{status: status}
	}
	for _, drive := range m.Drives {
		if !drive.Ready {
			status.Status = "waitingforresources"
			status.Info = fmt.Sprintf("drive %d has no file yet", drive.Row.Key)
			return step{status: status}
		}
	}
	status.Status = "starting"
	return step{action: up, status: status, done: max(m.PowerSeq, m.Last.DoneSeq)}
}

// follow is the status of a machine that is left as it is.
func follow(m *Machine, seen observed) Status {
	status := m.Last
	if seen.state == libvirt.Unknown {
		return status
	}
	status.Info, status.Settled = "", false
	status.Asleep = asleep(m, seen)
	if !seen.state.Active() {
		return notRunning(m, status, seen.state)
	}
	if !m.Last.Running {
		status.Started, status.Cores, status.RAMMiB = seen.now, int(m.Hardware.Row.CPUCores), int(m.Hardware.Row.RAM)
	}
	status.Running, status.State, status.BootID, status.PowerWanted = true, "online", seen.bootID, true
	switch seen.state {
	case libvirt.Paused, libvirt.Suspended:
		status.Status = "paused"
	case libvirt.Stopping:
		status.Status = "stopping"
	default:
		status.Status = "running"
	}
	return status
}

// notRunning is the status of a machine that is off.
func notRunning(m *Machine, status Status, state libvirt.State) Status {
	status.Running, status.Status, status.State, status.PowerWanted = false, "stopped", "offline", false
	status.Started, status.Cores, status.RAMMiB, status.OffAsked = 0, 0, 0, 0
	switch {
	case status.Asleep:
		status.Status = compute.Hibernated
	case state == libvirt.Crashed:
		status.Status, status.State, status.Info = "error", "error", "the guest crashed"
	}
	status.Settled = status.State == "offline" && m.PowerSeq <= m.Last.DoneSeq
	return status
}

// fact makes the report of a step, with what a guest was seen to have; nil for nothing new. When the machine is off, it has nothing any more, unless it
// hibernates: then it comes back with what it had.
func fact(m *Machine, status Status, guest *held.Guest) Fact {
	f := Fact{Machine: m.Key, Status: status, Guest: guest}
	if (m.Last.Running || m.Last.Asleep) && !status.Running && !status.Asleep {
		f.Guest = &held.Guest{}
	}
	return f
}
