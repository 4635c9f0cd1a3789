package vm

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/errs"
	"dewpoint/internal/host/domxml"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/model/compute"
	"dewpoint/test/locked"
)

// bench is a controller on fakes, running.
type bench struct {
	*Controller
	*loop.Loop
	rows *memoryRows
	host *fakeHost
	log  *locked.Buffer
}

func newBench(t *testing.T, machines ...int64) *bench {
	t.Helper()
	b := &bench{rows: &memoryRows{machines: map[int64]*Machine{}}, host: newFakeHost(), log: &locked.Buffer{}}
	for _, key := range machines {
		b.rows.machines[key] = &Machine{
			Key: key, UUID: uuid.NewString(), Hardware: domxml.VM{Row: compute.VM{CPUCores: 1, RAM: 64, Console: "none"}},
			Last: Status{Status: "stopped", State: "offline"},
		}
	}
	cfg := Config{Instance: "abcd", DataDir: t.TempDir(), Accelerator: "qemu", BootID: thisBoot, Firmware: domxml.DebianFirmware}
	log := slog.New(slog.NewTextHandler(b.log, nil))
	queue := loop.NewQueue(log)
	b.Controller = New(cfg, b.rows, b.host, queue, log)
	b.Loop = queue.Loop(b.Controller, 10*time.Second)
	return b
}

func (b *bench) start(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { _ = b.Run(ctx); close(done) }()
	t.Cleanup(func() { cancel(); <-done })
}

func (b *bench) ask(key int64, op string) {
	b.rows.edit(key, func(m *Machine) { m.PowerOp = op; m.PowerSeq++ })
	b.Wake()
}

func (b *bench) await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s\n%s", what, b.log)
		}
	}
}

func (b *bench) awaitStatus(t *testing.T, key int64, status string) {
	t.Helper()
	b.await(t, status, func() bool { m := b.rows.get(key); return m.Last.Status == status && m.Last.DoneSeq == m.PowerSeq })
}

// TestStuckMachineDelaysNoOther hangs every call on one machine: others start and stop as if it were not there.
func TestStuckMachineDelaysNoOther(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 2)
	b.host.hang["dp-abcd-1"] = true
	b.start(t)
	b.ask(1, PowerOn)
	b.await(t, "the stuck start is under way", func() bool { return b.queue.Pass().Busy(1) })
	for _, op := range []string{PowerOn, Kill, PowerOn} {
		b.ask(2, op)
		b.awaitStatus(t, 2, map[string]string{PowerOn: "running", Kill: "stopped"}[op])
	}
	if got := b.rows.get(1).Last.Status; got != "starting" {
		t.Errorf("the stuck machine is %q, want starting", got)
	}
}

// TestLibvirtAway keeps the facts while libvirt does not answer, and carries the operation out when it is back.
func TestLibvirtAway(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 2)
	b.start(t)
	b.ask(1, PowerOn)
	b.awaitStatus(t, 1, "running")
	b.ask(2, PowerOn)
	b.awaitStatus(t, 2, "running")
	b.host.set(func() { b.host.away = true })
	began := time.Now().Add(-time.Second)
	b.ask(1, Kill)
	b.await(t, "the reason in the status", func() bool { return b.rows.get(1).Last.Info == "libvirt is not running" })
	if m := b.rows.get(1); !m.Last.Running || m.Last.DoneSeq == m.PowerSeq {
		t.Errorf("facts changed while libvirt was away: %+v", m.Last)
	}
	b.await(t, "since when the other's state is old", func() bool {
		_, since, told := strings.Cut(b.rows.get(2).Last.Info, "libvirt is not running; the state is that of ")
		at, err := time.Parse(time.RFC3339, since)
		return told && err == nil && at.After(began.Add(-time.Second)) && !at.After(time.Now())
	})
	b.host.set(func() { b.host.away = false })
	b.Wake()
	b.awaitStatus(t, 1, "stopped")
	if info := b.rows.get(1).Last.Info; info != "" {
		t.Errorf("libvirt is back, and the status still says %q", info)
	}
	b.await(t, "the other's state is news again", func() bool { return b.rows.get(2).Last.Info == "" })
}

// TestEventReachesRows has a guest power itself off: the rows say so long before the next full look.
func TestEventReachesRows(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.start(t)
	b.ask(1, PowerOn)
	b.awaitStatus(t, 1, "running")
	b.host.set(func() { b.host.states["dp-abcd-1"] = libvirt.Off })
	begin := time.Now()
	b.host.changed <- libvirt.Event{Ref: libvirt.Ref{Name: "dp-abcd-1"}, State: libvirt.Off}
	b.awaitStatus(t, 1, "stopped")
	if took := time.Since(begin); took > time.Second {
		t.Errorf("the rows knew after %v", took)
	}
	if b.rows.get(1).Last.PowerWanted {
		t.Error("a guest that powered itself off still wants power")
	}
}

// TestFailedStart tells why, and tries again until it works.
func TestFailedStart(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.host.fail = errs.New(errs.Invalid, "libvirt_refused", "starting domain: no such bridge")
	b.start(t)
	b.ask(1, PowerOn)
	b.await(t, "the error in the status", func() bool {
		s := b.rows.get(1).Last
		return s.Status == "error" && s.State == "error" && strings.Contains(s.Info, "no such bridge") && s.PowerWanted
	})
	b.host.set(func() { b.host.fail = nil })
	b.awaitStatus(t, 1, "running")
	if s := b.rows.get(1).Last; s.Info != "" || s.State != "online" || s.MachineType != "q35" {
		t.Errorf("status after the recovery: %+v", s)
	}
}

// TestAFailureShowsNothingInternal keeps the words of a tool, with its commands and paths, out of the status.
func TestAFailureShowsNothingInternal(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.host.fail = errs.New(errs.Internal, "libvirt_failed", "qemu-system-x86_64 -drive /secret/path")
	b.start(t)
	b.ask(1, PowerOn)
	b.await(t, "the error in the status", func() bool { return b.rows.get(1).Last.Status == "error" })
	if info := b.rows.get(1).Last.Info; info != errs.Shown(b.host.fail) || strings.Contains(info, "secret") {
		t.Errorf("the status says %q", info)
	}
	b.await(t, "the cause in the log", func() bool { return strings.Contains(b.log.String(), "/secret/path") })
}

// TestOperationsRunOnce carries each operation out exactly once, however many passes see it.
func TestOperationsRunOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.start(t)
	b.ask(1, PowerOn)
	b.awaitStatus(t, 1, "running")
	const times = 20
	for range times {
		b.ask(1, Reset)
		for range 3 {
			b.Wake()
		}
		b.awaitStatus(t, 1, "running")
	}
	b.host.set(func() {
		if b.host.resets != times || b.host.starts != 1 {
			t.Errorf("%d resets and %d starts, want %d and 1", b.host.resets, b.host.starts, times)
		}
	})
}

// TestDelete takes a running machine down to the last trace, and leaves a domain alone that no row explains.
func TestDelete(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	b.host.states["dp-abcd-99"] = libvirt.Running
	b.start(t)
	b.ask(1, PowerOn)
	b.awaitStatus(t, 1, "running")
	dir := filepath.Join(b.cfg.DataDir, "machines", "1")
	if err := os.WriteFile(filepath.Join(dir, domxml.SerialLog), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.rows.edit(1, func(m *Machine) { m.Deleted = true })
	b.Wake()
	b.await(t, "the purge", func() bool { return b.rows.get(1).Key == 0 })
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the machine's folder is still there (%v)", err)
	}
	b.host.set(func() {
		if _, left := b.host.states["dp-abcd-1"]; left {
			t.Error("the domain is still defined")
		}
		if b.host.states["dp-abcd-99"] != libvirt.Running {
			t.Error("a domain without a row was touched")
		}
	})
	if n := strings.Count(b.log.String(), "dp-abcd-99"); n != 1 {
		t.Errorf("the stray domain was named %d times, want once", n)
	}
}

// TestAnUnreadableMachineStaysOff doesn't start without the password that its console is to have, and does once it can be read.
func TestAnUnreadableMachineStaysOff(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1, 2)
	b.rows.edit(1, func(m *Machine) {
		m.Unreadable = errs.New(errs.Unavailable, "console_pass_unreadable", "set console_pass again")
	})
	b.start(t)
	b.ask(1, PowerOn)
	b.ask(2, PowerOn)
	b.awaitStatus(t, 2, "running")
	b.await(t, "the reason", func() bool { return b.rows.get(1).Last.Info == "set console_pass again" })
	if m := b.rows.get(1); m.Last.Running || m.Last.Status != "error" {
		t.Errorf("status %+v", m.Last)
	}
	b.rows.edit(1, func(m *Machine) { m.Unreadable = nil })
	b.awaitStatus(t, 1, "running")
}
