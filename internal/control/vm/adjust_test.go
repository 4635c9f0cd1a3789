package vm_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"dewpoint/internal/held"
	"dewpoint/internal/host/block"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/storage"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/harness"
)

// reason is what the VM's row says that waits for a start.
func (s *server) reason(key int64) (reason string) {
	s.t.Helper()
	if err := s.db.View(s.t.Context(), func(tx *store.Tx) error {
		row, err := store.GetRow[compute.VM](tx, schema.IntValue(key))
		reason = row.RestartReason
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return reason
}

// put changes a row as the hooks of people's requests leave it: the VM tells what its guest lacks.
func (s *server) put(vm int64, table string, key int64, set schema.Set) {
	s.t.Helper()
	s.update(func(tx *store.Tx) error {
		if err := tx.Change(table, schema.IntValue(key), set); err != nil {
			return err
		}
		row, err := store.GetRow[compute.VM](tx, schema.IntValue(vm))
		if err != nil {
			return err
		}
		return held.Tell(tx, row.Machine)
	})
}

// TestLiveChanges changes a running machine by its rows. It has no guest that could help: what QEMU does alone is done, and what takes a guest is told.
func TestLiveChanges(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	key, machine := s.createVM(uuid.NewString(), schema.Set{"boot_delay": schema.IntValue(0)})
	disk := s.createDrive(machine, func(path string) error { return block.Create(path, 1<<20) })
	s.put(key, "machine_drives", disk, schema.Set{"disksize": schema.IntValue(1 << 20)})
	tray, file := s.createTray(machine), s.createFile("disc.iso")
	s.ask(machine, compute.PowerOn)
	s.await("running", func() bool { return s.status(machine).Running })
	domain := fmt.Sprintf("dp-%s-%d", s.instance, machine)

	for _, c := range []struct {
		what   string
		table  string
		key    int64
		set    schema.Set
		virsh  []string
		shows  string
		waits  string
		status func(compute.MachineStatus) bool
	}{
		{"a disk grows", "machine_drives", disk, schema.Set{"disksize": schema.IntValue(3 << 20)}, []string{"domblkinfo", domain, "sda"}, "Capacity:       3145728", "", nil},
		{"a medium is put in", "machine_drives", tray, schema.Set{"media_source": schema.IntValue(file)}, []string{"domblklist", domain}, "/files/", "", nil},
		{"the medium is taken out", "machine_drives", tray, schema.Set{"media_source": {}}, []string{"domblklist", domain}, "!/files/", "", nil},
		{"the VM is renamed", "vms", key, schema.Set{"name": schema.TextValue("another name")}, []string{"desc", "--title", domain}, "another name", "", nil},
		{"CPUs are added", "vms", key, schema.Set{"cpu_cores": schema.IntValue(3)}, []string{"vcpucount", "--live", domain, "--active"}, "3", "", func(s compute.MachineStatus) bool { return s.RunningCores == 3 }},
		{"CPUs beyond the room wait", "vms", key, schema.Set{"cpu_cores": schema.IntValue(9)}, []string{"vcpucount", "--live", domain, "--active"}, "3", "cpu_cores", nil},
		{"fewer CPUs wait", "vms", key, schema.Set{"cpu_cores": schema.IntValue(2)}, []string{"vcpucount", "--live", domain, "--active"}, "3", "cpu_cores", nil},
		{"as many again", "vms", key, schema.Set{"cpu_cores": schema.IntValue(3)}, []string{"vcpucount", "--live", domain, "--active"}, "3", "", nil},
		{"more memory waits", "vms", key, schema.Set{"ram": schema.IntValue(128)}, []string{"dominfo", domain}, "Used memory:    65536 KiB", "ram", nil},
	} {
		s.put(key, c.table, c.key, c.set)
		s.await(c.what+": waits for "+c.waits, func() bool { return s.reason(key) == c.waits })
		text, absent := strings.CutPrefix(c.shows, "!")
		s.await(c.what, func() bool { return strings.Contains(harness.Virsh(t, c.virsh...), text) != absent })
		if c.status != nil && !c.status(s.status(machine)) {
			t.Errorf("%s: status %+v", c.what, s.status(machine))
		}
	}

	s.put(key, "vms", key, schema.Set{"ram": schema.IntValue(32)})
	s.await("the guest's silence is told", func() bool {
		return strings.Contains(s.status(machine).StatusInfo, "balloon") || strings.Contains(harness.Virsh(t, "dominfo", domain), "Used memory:    32768 KiB")
	})
	s.ask(machine, compute.Kill)
	s.await("off", func() bool { return !s.status(machine).Running })
	if got := s.reason(key); got != "" {
		t.Errorf("the machine that is off waits for %s", got)
	}
}

func (s *server) createTray(machine int64) (key int64) {
	s.t.Helper()
	s.update(func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table("machine_drives"))
		r.PutAll(schema.Set{"name": schema.TextValue("tray"), "machine": schema.IntValue(machine), "media": schema.TextValue("cdrom"), "orderid": schema.IntValue(1)})
		k, err := tx.Create(r, nil)
		if err != nil {
			return err
		}
		key = k.Int()
		return tx.Change("machine_drive_status", k, schema.Set{"ready": schema.BoolValue(true)})
	})
	return key
}

// createFile makes a whole file of the library. QEMU's user reads it where it lies.
func (s *server) createFile(name string) (key int64) {
	s.t.Helper()
	var row storage.File
	s.update(func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table("files"))
		r.PutAll(schema.Set{"name": schema.TextValue(name), "complete": schema.BoolValue(true), "allocated_bytes": schema.IntValue(64 << 10)})
		k, err := tx.Create(r, nil)
		if err != nil {
			return err
		}
		row, err = store.GetRow[storage.File](tx, k)
		return err
	})
	path := block.MediaPath(s.dataDir, column.StorageName(row.Key, row.StorageID))
	if err := os.MkdirAll(filepath.Dir(path), 0o710); err != nil {
		s.t.Fatal(err)
	}
	if err := os.WriteFile(path, make([]byte, 64<<10), 0o640); err != nil {
		s.t.Fatal(err)
	}
	return row.Key
}
