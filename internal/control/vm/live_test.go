package vm_test

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/control/vm"
	"dewpoint/internal/host/block"
	"dewpoint/internal/host/domxml"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/rig"
)

// server is a controller on a real database and a real libvirt.
type server struct {
	*loop.Loop
	t        testing.TB
	db       *store.DB
	host     *libvirt.Client
	dataDir  string
	instance string
}

func newServer(t testing.TB) *server {
	t.Helper()
	dir := t.TempDir()
	return newServerOn(t, dir, rig.Database(t, dir))
}

// newRowsOn is a server of which nothing runs yet but the database.
func newRowsOn(t testing.TB, dir string, db *store.DB) *server {
	t.Helper()
	s := &server{t: t, host: libvirt.New("", ""), dataDir: dir, db: db}
	t.Cleanup(s.host.Close)
	if _, err := s.host.List(t.Context(), ""); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("libvirt does not answer: %v", err)
	}
	// QEMU runs as another user and must get through to its folder.
	for _, dir := range []string{s.dataDir, filepath.Dir(s.dataDir)} {
		if err := os.Chmod(dir, 0o711); err != nil {
			t.Fatal(err)
		}
	}
	random := make([]byte, 2)
	_, _ = rand.Read(random)
	s.instance = hex.EncodeToString(random)
	t.Cleanup(s.sweep)
	return s
}

func newServerOn(t testing.TB, dir string, db *store.DB) *server {
	t.Helper()
	s := newRowsOn(t, dir, db)
	bootID, err := vm.ReadBootID()
	if err != nil {
		t.Fatal(err)
	}
	cfg := vm.Config{Instance: s.instance, DataDir: s.dataDir, Accelerator: "qemu", BootID: bootID, Firmware: domxml.DebianFirmware}
	log := slog.New(slog.DiscardHandler)
	queue := loop.NewQueue(log)
	s.Loop = queue.Loop(vm.New(cfg, vm.NewStoreRows(s.db, nil, s.dataDir, s.instance, 0), s.host, queue, log), time.Hour) // so that what happens, happens by a nudge or an event
	s.run()
	return s
}

func (s *server) run() {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { _ = s.Run(ctx); close(done) }()
	s.t.Cleanup(func() {
		cancel()
		<-done
	})
}

// sweep takes down the domains that are left.
func (s *server) sweep() {
	left, err := s.host.List(context.Background(), "dp-"+s.instance+"-")
	if err != nil {
		s.t.Error(err)
	}
	for _, d := range left {
		_ = s.host.Destroy(context.Background(), d.Ref)
		_ = s.host.Undefine(context.Background(), d.Ref)
	}
}

func (s *server) update(f func(*store.Tx) error) {
	s.t.Helper()
	if err := s.db.Update(s.t.Context(), f); err != nil {
		s.t.Fatal(err)
	}
	if s.Loop != nil {
		s.Wake()
	}
}

// createVM makes the rows of a small VM and returns its and its machine's key.
func (s *server) createVM(id string, set schema.Set) (key, machine int64) {
	s.t.Helper()
	s.update(func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table("vms"))
		r.PutAll(set)
		r.Put("name", schema.TextValue("vm-"+id[:8]))
		r.Put("uuid", schema.TextValue(id))
		r.Put("ram", schema.IntValue(64))
		k, err := tx.Create(r, nil)
		if err != nil {
			return err
		}
		row, err := store.GetRow[compute.VM](tx, k)
		if err != nil {
			return err
		}
		key, machine = row.Key, row.Machine
		return tx.Change("machines", schema.IntValue(machine), schema.Set{"uuid": schema.TextValue(id)})
	})
	return key, machine
}

func (s *server) createDrive(machine int64, content func(path string) error) int64 {
	s.t.Helper()
	var key int64
	var name string
	s.update(func(tx *store.Tx) error {
		r := schema.NewRecord(tx.Schema().Table("machine_drives"))
		r.Put("name", schema.TextValue("drive_0"))
		r.Put("machine", schema.IntValue(machine))
		k, err := tx.Create(r, nil)
		key, name = k.Int(), column.StorageName(k.Int(), r.Get("storage_id").Text())
		return err
	})
	m := s.machine(machine)
	path := block.DrivePath(s.dataDir, "", m.UUID, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o711); err != nil {
		s.t.Fatal(err)
	}
	if err := content(path); err != nil {
		s.t.Fatal(err)
	}
	s.update(func(tx *store.Tx) error {
		return tx.Change("machine_drive_status", schema.IntValue(key), schema.Set{"ready": schema.BoolValue(true)})
	})
	return key
}

func (s *server) ask(machine int64, op string) {
	s.t.Helper()
	seq := s.machine(machine).PowerSeq + 1
	s.update(func(tx *store.Tx) error {
		key := schema.IntValue(machine)
		if err := tx.Change("machine_status", key, schema.Set{"settled": schema.BoolValue(false)}); err != nil {
			return err
		}
		return tx.Change("machines", key, schema.Set{"power_op": schema.TextValue(op), "power_seq": schema.IntValue(seq)})
	})
}

func (s *server) machine(key int64) (m compute.Machine) {
	s.t.Helper()
	if err := s.db.View(s.t.Context(), func(tx *store.Tx) (err error) {
		m, err = store.GetRow[compute.Machine](tx, schema.IntValue(key))
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return m
}

func (s *server) status(machine int64) (row compute.MachineStatus) {
	s.t.Helper()
	if err := s.db.View(s.t.Context(), func(tx *store.Tx) (err error) {
		row, err = store.GetRow[compute.MachineStatus](tx, schema.IntValue(machine))
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return row
}

func (s *server) await(what string, ok func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			s.t.Fatalf("waited in vain: %s; operations: %s", what, s.operations())
		}
	}
}

func (s *server) domain(machine int64) (libvirt.Info, bool) {
	s.t.Helper()
	found, err := s.host.List(s.t.Context(), fmt.Sprintf("dp-%s-%d", s.instance, machine))
	if err != nil {
		s.t.Fatal(err)
	}
	if len(found) == 0 {
		return libvirt.Info{}, false
	}
	return found[0], true
}

// TestLiveMachine takes a machine with a disk through its life: what the rows say is what libvirt says.
func TestLiveMachine(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	key, machine := s.createVM(uuid.NewString(), schema.Set{"machine_type": schema.TextValue("pc-q35-10.0"), "boot_delay": schema.IntValue(0)})
	drive := s.createDrive(machine, func(path string) error { return block.Create(path, 1<<20) })

	begin := time.Now()
	s.ask(machine, compute.PowerOn)
	s.await("running", func() bool { return s.status(machine).Running })
	t.Logf("from the request to running in the rows: %v", time.Since(begin))
	row := s.status(machine)
	if row.Status != "running" || row.DoneSeq != 1 || row.RunningRAM != 64 || row.Started == 0 || row.MachineType == "pc-q35-10.0" {
		t.Errorf("status of the running machine: %+v", row)
	}
	if d, ok := s.domain(machine); !ok || d.State != libvirt.Running || d.UUID != s.machine(machine).UUID {
		t.Errorf("libvirt has %+v, %v; want it running", d, ok)
	}
	for _, name := range []string{domxml.SerialLog, filepath.Join(domxml.SocketFolder, domxml.VNCSocket)} {
		if _, err := os.Stat(filepath.Join(s.dataDir, "machines", column.StorageName(machine, s.machine(machine).StorageID), name)); err != nil {
			t.Error(err)
		}
	}
	if got := s.driveStatus(drive); got != "online" {
		t.Errorf("the drive of the running machine is %q", got)
	}

	// Someone stops it behind our back: the rows follow by the event.
	d, _ := s.domain(machine)
	if err := s.host.Destroy(t.Context(), d.Ref); err != nil {
		t.Fatal(err)
	}
	s.await("stopped", func() bool { return !s.status(machine).Running })
	if got := s.driveStatus(drive); got != "offline" {
		t.Errorf("the drive of the stopped machine is %q", got)
	}

	s.ask(machine, compute.PowerOn)
	s.await("running again", func() bool { return s.status(machine).DoneSeq == 2 && s.status(machine).Running })
	s.update(func(tx *store.Tx) error { return tx.Delete("vms", schema.IntValue(key)) })
	s.await("no domain", func() bool { _, there := s.domain(machine); return !there })
	s.update(func(tx *store.Tx) error { return tx.Purge("machine_drives", schema.IntValue(drive)) }) // as the storage controller does
	s.await("no row", func() bool {
		var n int64
		if err := s.db.View(t.Context(), func(tx *store.Tx) (err error) {
			n, err = tx.Count("machines", store.Everything())
			return err
		}); err != nil {
			t.Fatal(err)
		}
		s.Wake()
		return n == 0
	})
}

func (s *server) driveStatus(drive int64) (status string) {
	s.t.Helper()
	if err := s.db.View(s.t.Context(), func(tx *store.Tx) error {
		row, err := store.GetRow[compute.MachineDriveStatus](tx, schema.IntValue(drive))
		status = row.Status
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return status
}

// TestLiveHibernation keeps a guest's memory: its disk stays in use, it goes on with the hardware that it had, and kill drops the memory.
func TestLiveHibernation(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	key, machine := s.createVM(uuid.NewString(), schema.Set{"boot_delay": schema.IntValue(0)})
	drive := s.createDrive(machine, func(path string) error { return block.Create(path, 1<<20) })
	s.ask(machine, compute.PowerOn)
	s.await("running", func() bool { return s.status(machine).Running })
	hibernate := func() {
		t.Helper()
		s.ask(machine, compute.Hibernate)
		s.await("hibernated", func() bool { return s.status(machine).Status == compute.Hibernated })
		if row := s.status(machine); !row.Asleep || row.Running || row.RunningRAM != 0 || row.StartedWith == "" {
			t.Errorf("status of the hibernated machine: %+v", row)
		}
		if got := s.driveStatus(drive); got != "online" {
			t.Errorf("the drive of the hibernated machine is %q: something may be done to it", got)
		}
	}
	hibernate()
	s.update(func(tx *store.Tx) error {
		return tx.Change("vms", schema.IntValue(key), schema.Set{"ram": schema.IntValue(128)})
	})
	s.ask(machine, compute.PowerOn)
	s.await("awake", func() bool { return s.status(machine).Running })
	if row := s.status(machine); row.RunningRAM != 64 || row.Asleep || row.StartedWith == "" {
		t.Errorf("status of the machine that goes on: %+v", row)
	}
	hibernate()
	s.ask(machine, compute.Kill)
	s.await("off", func() bool { return s.status(machine).Status == "stopped" })
	if got := s.driveStatus(drive); got != "offline" {
		t.Errorf("the drive of the machine is %q", got)
	}
	s.ask(machine, compute.PowerOn)
	s.await("running", func() bool { return s.status(machine).Running })
	if row := s.status(machine); row.RunningRAM != 128 {
		t.Errorf("status of the machine that booted: %+v", row)
	}
	s.ask(machine, compute.Kill)
	s.await("off", func() bool { return !s.status(machine).Running })
}

// TestLiveForeignUUID gives a VM the UUID of somebody else's domain: it can't be started, and its deletion leaves that domain alone.
func TestLiveForeignUUID(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	id := uuid.NewString()
	foreign, err := s.host.Define(t.Context(), fmt.Sprintf(`<domain type="qemu"><name>foreign-%s</name><uuid>%s</uuid>
<memory unit="MiB">64</memory><os><type arch="x86_64">hvm</type></os></domain>`, s.instance, id))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = s.host.Undefine(context.Background(), foreign) }()
	key, machine := s.createVM(id, nil)
	s.ask(machine, compute.PowerOn)
	s.await("the refusal", func() bool { return s.status(machine).Status == "error" })
	s.update(func(tx *store.Tx) error { return tx.Delete("vms", schema.IntValue(key)) })
	s.await("no row", func() bool {
		var n int64
		_ = s.db.View(t.Context(), func(tx *store.Tx) (err error) { n, err = tx.Count("machines", store.Everything()); return err })
		return n == 0
	})
	if found, err := s.host.List(t.Context(), foreign.Name); err != nil || len(found) != 1 {
		t.Errorf("the foreign domain: %v, %v; want it untouched", found, err)
	}
}

// TestLivePrivateFolder lays the data directory below a folder that QEMU's user may not pass: the status says so, and what to do.
func TestLivePrivateFolder(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	info, err := s.host.HostInfo(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if info.RunUID < 1 {
		t.Skip("QEMU runs as root here")
	}
	private := filepath.Dir(s.dataDir)
	if err := os.Chmod(private, 0o700); err != nil {
		t.Fatal(err)
	}
	_, machine := s.createVM(uuid.NewString(), schema.Set{"boot_delay": schema.IntValue(0)})
	s.ask(machine, compute.PowerOn)
	s.await("the reason", func() bool {
		row := s.status(machine)
		return row.Status == "error" && strings.Contains(row.StatusInfo, "chmod o+x "+private)
	})
	if err := os.Chmod(private, 0o711); err != nil {
		t.Fatal(err)
	}
	s.await("running after all", func() bool { s.Wake(); return s.status(machine).Running })
	s.ask(machine, compute.Kill)
	s.await("off", func() bool { return !s.status(machine).Running })
}
