package vm_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/control/vm"
	"dewpoint/internal/host/block"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/space"
	"dewpoint/internal/store"
)

// operate runs the operations of the machines until the test ends. A guest has that long to let go of a device.
func (s *server) operate(patience time.Duration) {
	log := slog.New(slog.DiscardHandler)
	works := &vm.Works{
		Instance: s.instance, DataDir: s.dataDir, DB: s.db, Host: s.host, Space: space.New(s.db, space.Limits{}),
		Rows: vm.NewStoreRows(s.db, nil, s.dataDir, s.instance, 0), Patience: patience,
	}
	var l *loop.Loop
	r := operation.New(s.db, 0, vm.Operations(works), func() { l.Wake() }, log)
	l = loop.NewQueue(log).Loop(r, 100*time.Millisecond)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = l.Run(ctx); r.Wait() }() // its cause is the end of the test
	s.t.Cleanup(func() { cancel(); <-done })
}

// TestGuestKeepsDisk: a guest that doesn't answer keeps a virtio disk, and the rows say so. When it lets go of it in the end, by its restart, they say that too.
func TestGuestKeepsDisk(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.operate(8 * time.Second)
	key, machine := s.createVM(uuid.NewString(), schema.Set{"boot_delay": schema.IntValue(0)})
	s.ask(machine, compute.PowerOn)
	s.await("running", func() bool { return s.status(machine).Running })
	drive := s.createDrive(machine, func(path string) error { return block.Create(path, 1<<20) })
	s.put(key, "machine_drives", drive, schema.Set{"interface": schema.TextValue("virtio")})
	part := compute.Hotplug{Machine: machine, Table: "machine_drives", Key: drive}
	op := s.begin(machine, part)
	s.await("plugged in", func() bool { return s.operation(op).Status == operation.Complete })
	if !s.has(machine, drive) || s.driveStatus(drive) != "online" || s.reason(key) != "" {
		t.Fatalf("the disk is %s, the VM waits for %q", s.driveStatus(drive), s.reason(key))
	}

	op = s.begin(machine, unplugOf(part))
	s.await("it says that it waits", func() bool { return strings.Contains(s.operation(op).StatusInfo, "waits until the guest lets go") })
	s.await("it gives up", func() bool { return s.operation(op).Ended != 0 })
	if row := s.operation(op); row.Status != operation.Failed || !strings.Contains(row.StatusInfo, "hasn't let go of the disk") {
		t.Errorf("the operation is %s (%s)", row.Status, row.StatusInfo)
	}
	if !s.has(machine, drive) || s.driveStatus(drive) != "online" || !s.drive(drive).Enabled {
		t.Errorf("the disk that the guest keeps is %s, enabled: %v", s.driveStatus(drive), s.drive(drive).Enabled)
	}
	s.ask(machine, compute.Reset)
	s.await("it has let go", func() bool { return s.driveStatus(drive) == "offline" && s.reason(key) != "" })
	if s.has(machine, drive) {
		t.Error("the domain still has the disk")
	}

	op = s.begin(machine, part)
	s.await("plugged in again", func() bool { return s.operation(op).Status == operation.Complete })
	op = s.begin(machine, unplugOf(part))
	s.await("it waits", func() bool { return s.operation(op).Status == operation.Running })
	s.ask(machine, compute.Kill)
	s.await("done, since there is no guest", func() bool { return s.operation(op).Status == operation.Complete })
	if s.drive(drive).Enabled {
		t.Error("the disk is enabled")
	}
	s.update(func(tx *store.Tx) error { return tx.Delete("vms", schema.IntValue(key)) })
	s.await("no domain", func() bool { _, there := s.domain(machine); return !there })
}

func unplugOf(p compute.Hotplug) compute.Unplug {
	return compute.Unplug{Machine: p.Machine, Table: p.Table, Key: p.Key}
}
