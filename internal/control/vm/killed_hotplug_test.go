package vm_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"

	"dewpoint/internal/host/block"
	"dewpoint/internal/layer"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/system"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/harness"
)

// newShared is a server of which nothing runs, on a database that processes of the test open too.
func newShared(t *testing.T) *server {
	t.Helper()
	dir := t.TempDir()
	db, err := place{Dir: dir}.open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return newRowsOn(t, dir, db)
}

// spawn runs a process that keeps the machines, until the moment comes or it has ended by its order's kill.
func (s *server) spawn(o keeperOrder, moment func() bool) {
	s.t.Helper()
	o.Dir, o.Instance = s.dataDir, s.instance
	text, err := json.Marshal(o)
	if err != nil {
		s.t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), keeperVariable+"="+string(text))
	cmd.Stderr = os.Stderr
	runtime.LockOSThread() // the death signal follows the thread, and threads end in here
	defer runtime.UnlockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	limit := time.After(time.Minute)
	for o.Point != "" || !moment() {
		select {
		case err := <-ended:
			var exit *exec.ExitError
			if o.Point == "" || !errors.As(err, &exit) || !exit.Sys().(syscall.WaitStatus).Signaled() {
				s.t.Fatalf("%+v: the process ended: %v", o, err)
			}
			return
		case <-limit:
			_ = cmd.Process.Kill()
			<-ended
			s.t.Fatalf("%+v: the moment never came; operations: %s", o, s.operations())
		case <-time.After(5 * time.Millisecond):
		}
	}
	_ = cmd.Process.Kill()
	<-ended
}

// begin asks for an operation about a machine.
func (s *server) begin(machine int64, p operation.Params) (key int64) {
	s.t.Helper()
	s.update(func(tx *store.Tx) (err error) {
		key, err = operation.Begin(tx, operation.Request{Object: fmt.Sprintf("machines/%d", machine), Queue: operation.MachineQueue(machine), Params: p})
		return err
	})
	return key
}

func (s *server) operation(key int64) (row system.Operation) {
	s.t.Helper()
	if err := s.db.View(s.t.Context(), func(tx *store.Tx) (err error) {
		row, err = store.GetRow[system.Operation](tx, key)
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return row
}

// operations tells how all operations are.
func (s *server) operations() (told string) {
	s.t.Helper()
	if err := s.db.View(s.t.Context(), func(tx *store.Tx) error {
		rows, err := store.FindRows[system.Operation](tx)
		for _, row := range rows {
			told += fmt.Sprintf("%s is %s at %q (%s); ", row.Kind, row.Status, row.Step, row.StatusInfo)
		}
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return told
}

func (s *server) drive(key int64) (row compute.MachineDrive) {
	s.t.Helper()
	if err := s.db.View(s.t.Context(), func(tx *store.Tx) (err error) {
		row, err = store.GetRow[compute.MachineDrive](tx, key)
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return row
}

// has reports whether the domain of a machine has the disk of a drive, as virsh shows it.
func (s *server) has(machine, drive int64) bool {
	s.t.Helper()
	n := strings.Count(harness.Virsh(s.t, "domblklist", fmt.Sprintf("dp-%s-%d", s.instance, machine)), fmt.Sprintf("/%d-", drive))
	if n > 1 {
		s.t.Errorf("drive %d is in the domain %d times", drive, n)
	}
	return n == 1
}

// TestKilledHotplug kills the server's process in each step of plugging a disk in and out: the next run ends it, done or undone, and rows and domain agree.
func TestKilledHotplug(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	key, machine := s.createVM(uuid.NewString(), schema.Set{"boot_delay": schema.IntValue(0)})
	s.ask(machine, compute.PowerOn)
	s.spawn(keeperOrder{}, func() bool { return s.status(machine).StartedWith != "" })
	drive := s.createDrive(machine, func(path string) error { return block.Create(path, 1<<20) })
	s.update(func(tx *store.Tx) error { return store.Write(tx, drive, compute.MachineDriveSet{}.Enabled(false)) })

	for _, c := range []struct {
		what    string
		plug    bool
		orders  []keeperOrder
		status  string
		has, is bool // the disk in the domain and the row enabled, at the end
	}{
		{"before it is plugged in", true, []keeperOrder{{Point: "attach begins"}}, operation.Complete, true, true},
		{"before the guest is asked", false, []keeperOrder{{Point: "detach begins"}}, operation.Complete, false, false},
		{"once it is plugged in", true, []keeperOrder{{Point: "attached"}}, operation.Complete, true, true},
		{"once the guest has let go", false, []keeperOrder{{Point: "detached"}}, operation.Complete, false, false},
		{"in the undo", true, []keeperOrder{{Point: "detach begins", Fail: true}}, operation.Failed, false, false},
		{"after the undo", true, []keeperOrder{{Point: "detached", Fail: true}}, operation.Failed, false, false},
		{"twice", true, []keeperOrder{{Point: "attach begins"}, {Point: "attached"}}, operation.Complete, true, true},
	} {
		var params operation.Params = compute.Unplug{Machine: machine, Table: "machine_drives", Key: drive}
		if c.plug {
			s.update(func(tx *store.Tx) error { return store.Write(tx, drive, compute.MachineDriveSet{}.Enabled(true)) })
			params = compute.Hotplug{Machine: machine, Table: "machine_drives", Key: drive, Enabled: true}
		}
		op := s.begin(machine, params)
		for _, o := range c.orders {
			s.spawn(o, nil)
		}
		s.spawn(keeperOrder{}, func() bool { return s.operation(op).Ended != 0 })
		if row := s.operation(op); row.Status != c.status {
			t.Errorf("killed %s: the operation is %s at %q (%s), want %s", c.what, row.Status, row.Step, row.StatusInfo, c.status)
		}
		if has := s.has(machine, drive); has != c.has || (s.driveStatus(drive) == "online") != c.has || s.drive(drive).Enabled != c.is {
			t.Errorf("killed %s: the domain has the disk: %v, the row is %s and enabled: %v", c.what, has, s.driveStatus(drive), s.drive(drive).Enabled)
		}
		if got := s.reason(key); got != "" {
			t.Errorf("killed %s: the VM waits for %s", c.what, got)
		}
	}
}

// TestKilledGrowth kills the server's process while a disk of a running guest grows: the next run makes it as large as its row says.
func TestKilledGrowth(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	key, machine := s.createVM(uuid.NewString(), schema.Set{"boot_delay": schema.IntValue(0)})
	drive := s.createDrive(machine, func(path string) error { return block.Create(path, 1<<20) })
	s.put(key, "machine_drives", drive, schema.Set{"disksize": schema.IntValue(1 << 20)})
	s.ask(machine, compute.PowerOn)
	s.spawn(keeperOrder{}, func() bool { return s.status(machine).StartedWith != "" })
	for i, point := range []string{"grow begins", "grown"} {
		size := int64(i+2) << 20
		s.put(key, "machine_drives", drive, schema.Set{"disksize": schema.IntValue(size)})
		s.spawn(keeperOrder{Point: point}, nil)
		s.spawn(keeperOrder{}, func() bool { return s.reason(key) == "" })
		if info := harness.Virsh(t, "domblkinfo", fmt.Sprintf("dp-%s-%d", s.instance, machine), "sda"); !strings.Contains(info, fmt.Sprint(size)) {
			t.Errorf("killed when %s: the disk is\n%s, want %d bytes", point, info, size)
		}
	}
}

// TestKilledErasure kills the server's process while a disk is erased: the next run ends it, with an empty disk of the same size.
func TestKilledErasure(t *testing.T) {
	t.Parallel()
	s := newShared(t)
	_, machine := s.createVM(uuid.NewString(), nil)
	drive := s.createDrive(machine, func(path string) error { return block.Create(path, 1<<20) })
	s.update(func(tx *store.Tx) error { return store.Write(tx, drive, compute.MachineDriveSet{}.Disksize(1<<20)) })
	path := func() string {
		d := s.drive(drive)
		return block.DrivePath(s.dataDir, d.PreferredTier, s.machine(machine).UUID, layer.Head(d))
	}
	for name, moment := range map[string]func(op int64) bool{
		"it was begun": func(op int64) bool { return s.operation(op).Status == operation.Running },
		"the empty file is there": func(op int64) bool {
			return s.drive(drive).Generations > s.drive(drive).Generation || s.operation(op).Ended != 0
		},
		"it has ended": func(op int64) bool { return s.operation(op).Ended != 0 },
	} {
		if out, err := exec.CommandContext(t.Context(), "qemu-io", "-c", "write -P 7 0 65536", path()).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		before := path()
		op := s.begin(machine, compute.DriveErase{Machine: machine, Drive: drive})
		s.spawn(keeperOrder{}, func() bool { return moment(op) })
		s.spawn(keeperOrder{}, func() bool { return s.operation(op).Ended != 0 })
		if row := s.operation(op); row.Status != operation.Complete || path() == before {
			t.Errorf("killed when %s: the operation is %s at %q (%s), the disk is %s", name, row.Status, row.Step, row.StatusInfo, path())
		}
		if out, err := exec.CommandContext(t.Context(), "qemu-io", "-c", "read -P 0 0 1048576", path()).CombinedOutput(); err != nil || strings.Contains(string(out), "failed") {
			t.Errorf("killed when %s: the disk isn't empty: %v\n%s", name, err, out)
		}
	}
}
