package vm_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"dewpoint/internal/host/block"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/harness"
)

// spare makes a disk that isn't plugged in.
func (s *server) spare(machine int64, iface string) (drive int64) {
	s.t.Helper()
	drive = s.createDrive(machine, func(path string) error { return block.Create(path, 1<<20) })
	s.update(func(tx *store.Tx) error {
		set := compute.MachineDriveSet{}.Orderid(drive).Disksize(1 << 20)
		if iface != "" {
			set.Interface(iface)
		}
		return store.Write(tx, drive, set)
	})
	return drive
}

// done waits for the end of an operation, which must be as wanted.
func (s *server) done(op int64, status string) {
	s.t.Helper()
	s.await("the operation ends", func() bool { return s.operation(op).Ended != 0 })
	if row := s.operation(op); row.Status != status {
		s.t.Errorf("the operation is %s (%s), want %s", row.Status, row.StatusInfo, status)
	}
}

// TestHotInterfaces plugs in a disk by each interface that can be plugged, beside those that are there, and takes out those that need no guest for it.
func TestHotInterfaces(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.operate(time.Minute)
	key, machine := s.createVM(uuid.NewString(), schema.Set{"boot_delay": schema.IntValue(0)})
	first := s.spare(machine, "")
	s.ask(machine, compute.PowerOn)
	s.await("running", func() bool { return s.status(machine).StartedWith != "" })
	disks := map[string]int64{}
	for _, iface := range []string{"virtio-scsi", "virtio-scsi-dedicated", "virtio", "usb"} {
		disks[iface] = s.spare(machine, iface)
		s.done(s.begin(machine, compute.Hotplug{Machine: machine, Table: "machine_drives", Key: disks[iface]}), operation.Complete)
		if !s.has(machine, disks[iface]) || s.driveStatus(disks[iface]) != "online" {
			t.Errorf("%s: the domain has the disk: %v, which is %s", iface, s.has(machine, disks[iface]), s.driveStatus(disks[iface]))
		}
	}
	if got := s.reason(key); got != "" {
		t.Errorf("the VM waits for %s", got)
	}
	xml := harness.Virsh(t, "dumpxml", fmt.Sprintf("dp-%s-%d", s.instance, machine))
	if n := strings.Count(xml, "<controller type='scsi'"); n != 2 || strings.Contains(xml, "lsilogic") {
		t.Errorf("the domain has %d SCSI controllers, want that of the start and the dedicated one: %s", n, xml)
	}
	for _, iface := range []string{"virtio-scsi", "virtio-scsi-dedicated", "usb"} {
		s.done(s.begin(machine, compute.Unplug{Machine: machine, Table: "machine_drives", Key: disks[iface]}), operation.Complete)
		if s.has(machine, disks[iface]) || s.driveStatus(disks[iface]) != "offline" || s.drive(disks[iface]).Enabled {
			t.Errorf("%s: the domain has the disk: %v, which is %s", iface, s.has(machine, disks[iface]), s.driveStatus(disks[iface]))
		}
	}
	if !s.has(machine, first) {
		t.Error("the first disk is gone")
	}
	s.ask(machine, compute.Kill)
	s.await("off", func() bool { return !s.status(machine).Running })
}

// TestNoPortIsLeft: what finds no place is told, and its row is as it was.
func TestNoPortIsLeft(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	s.operate(time.Minute)
	_, machine := s.createVM(uuid.NewString(), schema.Set{"boot_delay": schema.IntValue(0)})
	s.ask(machine, compute.PowerOn)
	s.await("running", func() bool { return s.status(machine).StartedWith != "" })
	for n := 0; ; n++ {
		drive := s.spare(machine, "virtio")
		op := s.begin(machine, compute.Hotplug{Machine: machine, Table: "machine_drives", Key: drive, Enabled: true})
		s.await("the end", func() bool { return s.operation(op).Ended != 0 })
		if s.operation(op).Status == operation.Complete && n < 30 {
			continue
		}
		if row := s.operation(op); row.Status != operation.Failed || !strings.Contains(row.StatusInfo, "PCI") || n < 8 {
			t.Errorf("after %d disks the operation is %s (%s)", n, row.Status, row.StatusInfo)
		}
		if s.has(machine, drive) || s.drive(drive).Enabled || s.driveStatus(drive) != "offline" {
			t.Errorf("the disk without a place is %s, enabled: %v", s.driveStatus(drive), s.drive(drive).Enabled)
		}
		break
	}
	s.ask(machine, compute.Kill)
	s.await("off", func() bool { return !s.status(machine).Running })
}
