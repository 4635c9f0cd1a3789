package vm

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/host/domxml"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/system"
)

const (
	thisBoot = "boot-2"
	lastBoot = "boot-1"
)

// The statuses that the cases begin and end with. off and on are at rest after operation 1.
var (
	off = Status{Status: "stopped", State: "offline", DoneSeq: 1, BootID: thisBoot, Settled: true}
	on  = Status{Running: true, Status: "running", State: "online", Started: 100, DoneSeq: 1, BootID: thisBoot, PowerWanted: true, Cores: 2, RAMMiB: 512}
)

func with(s Status, change func(*Status)) Status {
	change(&s)
	return s
}

// TestDecide is the section "Power" of the design record, case by case: operation, sequence numbers, what libvirt says, which boot.
func TestDecide(t *testing.T) {
	t.Parallel()
	seq := func(n int64) func(*Status) { return func(s *Status) { s.DoneSeq = n } }
	noted := func(n int64) func(*Status) { return func(s *Status) { s.DoneSeq, s.Settled = n, false } } // the next pass settles it
	fresh := Status{Status: "stopped", State: "offline"}
	starting := Status{Status: "starting", State: "offline", DoneSeq: 1, BootID: thisBoot, PowerWanted: true}
	asleepNow := with(off, func(s *Status) { s.Status, s.Asleep = "hibernated", true })
	failed := with(starting, func(s *Status) { s.Status, s.State, s.Info = "error", "error", "no bridge" })
	cases := []struct {
		name   string
		op     string
		seq    int64
		last   Status
		state  libvirt.State
		action action
		want   Status
	}{
		{"never asked for", "", 0, fresh, libvirt.Off, nothing, with(fresh, func(s *Status) { s.Settled = true })},
		{"poweron", PowerOn, 2, off, libvirt.Off, start, starting},
		{"first poweron", PowerOn, 1, fresh, libvirt.Off, start, Status{Status: "starting", State: "offline", PowerWanted: true}},
		{"poweron while running is done at once", PowerOn, 2, on, libvirt.Running, nothing, with(on, seq(2))},
		{"poweroff presses the button", PowerOff, 2, on, libvirt.Running, PowerOff, on},
		{"poweroff was pressed, the guest ignores it", PowerOff, 1, on, libvirt.Running, nothing, on},
		{"poweroff while off is done at once", PowerOff, 2, off, libvirt.Off, nothing, with(off, noted(2))},
		{"kill", Kill, 2, on, libvirt.Running, Kill, with(on, func(s *Status) { s.Status = "stopping" })},
		{"kill while paused", Kill, 2, on, libvirt.Paused, Kill, with(on, func(s *Status) { s.Status = "stopping" })},
		{"kill while off is done at once", Kill, 2, off, libvirt.Off, nothing, with(off, noted(2))},
		{"reset", Reset, 2, on, libvirt.Running, Reset, on},
		{"reset while off is done at once", Reset, 2, off, libvirt.Off, nothing, with(off, noted(2))},
		{"graceful reset", Reboot, 2, on, libvirt.Running, Reboot, on},
		{"pause", Pause, 2, on, libvirt.Running, Pause, on},
		{"paused", Pause, 1, on, libvirt.Paused, nothing, with(on, func(s *Status) { s.Status = "paused" })},
		{"resume", Resume, 2, on, libvirt.Paused, Resume, with(on, func(s *Status) { s.Status = "paused" })},
		{"poweron while paused resumes", PowerOn, 2, on, libvirt.Paused, Resume, with(on, func(s *Status) { s.Status = "paused" })},
		{"hibernate", Hibernate, 2, on, libvirt.Running, Hibernate, with(on, func(s *Status) { s.Status = "hibernating" })},
		{"hibernate, cut off before it was noted", Hibernate, 2, on, libvirt.Off, Hibernate, on},
		{"hibernated", Hibernate, 1, asleepNow, libvirt.Off, nothing, asleepNow},
		{"hibernate while hibernated is done at once", Hibernate, 2, asleepNow, libvirt.Off, nothing, with(asleepNow, noted(2))},
		{"poweroff while hibernated is done at once", PowerOff, 2, asleepNow, libvirt.Off, nothing, with(asleepNow, noted(2))},
		{"poweron wakes", PowerOn, 2, asleepNow, libvirt.Off, wake, with(starting, func(s *Status) { s.Asleep = true })},
		{"poweron wakes after a failure, too", PowerOn, 2, with(failed, func(s *Status) { s.Asleep = true }), libvirt.Off, wake, with(failed, func(s *Status) { s.Asleep, s.Status = true, "starting" })},
		{"kill drops the memory", Kill, 2, asleepNow, libvirt.Off, forget, asleepNow},
		{"somebody woke it", Hibernate, 1, asleepNow, libvirt.Running, nothing, with(on, func(s *Status) { s.Started = 1000 })},
		{"the guest powered itself off", PowerOn, 1, on, libvirt.Off, nothing, off},
		{"the guest shuts down", PowerOn, 1, on, libvirt.Stopping, nothing, with(on, func(s *Status) { s.Status = "stopping" })},
		{"paused from outside", PowerOn, 1, on, libvirt.Paused, nothing, with(on, func(s *Status) { s.Status = "paused" })},
		{"crashed", PowerOn, 1, on, libvirt.Crashed, nothing, with(off, func(s *Status) { s.Status, s.State, s.Info, s.Settled = "error", "error", "the guest crashed", false })},
		{"libvirt can't tell", PowerOn, 1, on, libvirt.Unknown, nothing, on},
		{"the manager was away while it started", PowerOn, 1, with(starting, seq(1)), libvirt.Running, nothing, with(on, func(s *Status) { s.Started = 1000 })},
		{"a start that has failed is tried again", PowerOn, 2, failed, libvirt.Off, start, with(failed, func(s *Status) { s.Status = "starting" })},
		{"poweron is asked for again while a start keeps failing", PowerOn, 3, failed, libvirt.Off, start, with(failed, func(s *Status) { s.Status = "starting" })},
		{"a start that had failed has worked", PowerOn, 2, with(failed, seq(2)), libvirt.Running, nothing, with(on, func(s *Status) { s.Started, s.DoneSeq = 1000, 2 })},
		{"poweron after a crash", PowerOn, 2, with(off, func(s *Status) { s.Status, s.State, s.Info = "error", "error", "the guest crashed" }), libvirt.Off, start, starting},
		{"kill of a start that keeps failing", Kill, 3, with(starting, func(s *Status) { s.Status, s.Info = "error", "no bridge" }), libvirt.Off, nothing, with(off, noted(3))},
	}
	for _, c := range cases {
		m := Machine{Key: 1, PowerOp: c.op, PowerSeq: c.seq, Last: c.last, Hardware: domxml.VM{Row: compute.VM{CPUCores: 2, RAM: 512}}}
		got := decide(&m, observed{state: c.state, bootID: thisBoot, now: 1000})
		if got.action != c.action {
			t.Errorf("%s: action %q, want %q", c.name, got.action, c.action)
		}
		if diff := cmp.Diff(c.want, got.status); diff != "" {
			t.Errorf("%s: status (-want +got):\n%s", c.name, diff)
		}
		if got.action != nothing && got.done != c.seq {
			t.Errorf("%s: success would carry out operation %d, want %d", c.name, got.done, c.seq)
		}
	}
}

// TestPowerOffTakesTooLong: once the guest had its time, its power is cut, and nothing else is carried out by that.
func TestPowerOffTakesTooLong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		op      string
		timeout int64
		now     int64
		want    action
	}{
		{PowerOff, 30, 129, nothing},
		{PowerOff, 30, 130, Kill},
		{PowerOff, 0, 9999, nothing},
		{Reset, 30, 130, nothing},
	} {
		m := Machine{PowerOp: c.op, PowerSeq: 1, Last: with(on, func(s *Status) { s.OffAsked = 100 })}
		m.Hardware.Row.PowerCycleTimeout = c.timeout
		got := decide(&m, observed{state: libvirt.Running, bootID: thisBoot, now: c.now})
		if got.action != c.want || got.done != 1 {
			t.Errorf("%s with %d seconds, asked at 100, at %d: %q carries out %d, want %q", c.op, c.timeout, c.now, got.action, got.done, c.want)
		}
		if off := decide(&m, observed{state: libvirt.Off, bootID: thisBoot, now: c.now}); off.status.OffAsked != 0 || off.action != nothing {
			t.Errorf("once it is off: %+v", off)
		}
	}
}

// TestPowerLoss covers what a host restart leaves: the status says running, the domain is gone, the boot is another.
func TestPowerLoss(t *testing.T) {
	t.Parallel()
	before := with(on, func(s *Status) { s.BootID = lastBoot })
	tried := with(before, func(s *Status) { s.Running, s.Status, s.State = false, "error", "error" })
	stopped := with(off, func(s *Status) { s.BootID = lastBoot })
	cases := []struct {
		name, policy string
		op           string
		seq          int64
		last         Status
		action       action
		status       string
	}{
		{"last_state", "last_state", PowerOn, 1, before, start, "starting"},
		{"power_on", "power_on", PowerOn, 1, before, start, "starting"},
		{"leave_off", LeaveOff, PowerOn, 1, before, nothing, "stopped"},
		{"it was off", "last_state", PowerOff, 1, stopped, nothing, "stopped"},
		{"the first try failed", "last_state", PowerOn, 1, tried, start, "starting"},
		{"a kill came meanwhile", "last_state", Kill, 2, before, nothing, "stopped"},
		{"same boot: someone cut it outside", "last_state", PowerOn, 1, on, nothing, "stopped"},
	}
	for _, c := range cases {
		m := Machine{Key: 1, PowerOp: c.op, PowerSeq: c.seq, OnPowerLoss: c.policy, Last: c.last}
		got := decide(&m, observed{state: libvirt.Off, bootID: thisBoot, now: 1000})
		if got.action != c.action || got.status.Status != c.status {
			t.Errorf("%s: %q with status %q, want %q with %q", c.name, got.action, got.status.Status, c.action, c.status)
		}
	}
}

func TestDrivesAndDeletion(t *testing.T) {
	t.Parallel()
	m := Machine{Key: 1, PowerOp: PowerOn, PowerSeq: 2, Last: off, Drives: []Drive{{Ready: true}, {Drive: domxml.Drive{Row: compute.MachineDrive{Key: 7}}}}}
	got := decide(&m, observed{state: libvirt.Off, bootID: thisBoot})
	if got.action != nothing || got.status.Status != "waitingforresources" || got.status.DoneSeq != 1 || !got.status.PowerWanted {
		t.Errorf("a drive has no file: %+v, want to wait with the operation undone", got)
	}
	m.Drives, m.Before = nil, []system.Operation{{Key: 12, Kind: "drive_import"}, {Key: 13}}
	got = decide(&m, observed{state: libvirt.Off, bootID: thisBoot})
	if want := "waits for operation 12 (drive_import) and 1 more"; got.action != nothing || got.status.Status != "waitingforresources" || got.status.Info != want {
		t.Errorf("operations come first: %+v, want to wait with %q", got, want)
	}
	for _, state := range []libvirt.State{libvirt.Running, libvirt.Off} {
		m := Machine{Key: 1, Deleted: true, PowerOp: PowerOn, PowerSeq: 2, Last: on}
		if got := decide(&m, observed{state: state, bootID: thisBoot}); got.action != remove {
			t.Errorf("deleted while %s: %q, want %q", state, got.action, remove)
		}
	}
}

// TestEveryPowerVerbCanBeCarriedOut: what clients may ask for, libvirt's driver knows; powering on is the controller's own.
func TestEveryPowerVerbCanBeCarriedOut(t *testing.T) {
	t.Parallel()
	for _, v := range compute.PowerVerbs() {
		if v.Op != compute.PowerOn && !libvirt.Powers(v.Op) {
			t.Errorf("nothing carries out %q", v.Op)
		}
	}
}
