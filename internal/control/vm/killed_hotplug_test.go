package vm_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"dewpoint/internal/host/block"
	"dewpoint/internal/host/link"
	"dewpoint/internal/layer"
	"dewpoint/internal/mark"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/network"
	"dewpoint/internal/model/system"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/harness"
	"dewpoint/test/rig"
)

// shared is a server of which nothing runs, on a database that processes of the test open too.
type shared struct {
	*server
	place rig.Place
}

func newShared(t *testing.T, at rig.Place) shared {
	t.Helper()
	return shared{newRowsOn(t, at.Dir, at.Database(t)), at}
}

// spawn runs a process that keeps the machines, until the moment comes or it has ended by its order's kill.
func (s shared) spawn(o keeperOrder, moment func() bool) {
	s.t.Helper()
	o.Place, o.Instance = s.place, s.instance
	if !rig.KillAt(s.t, keeperVariable, o, moment) {
		s.t.Fatalf("%+v: the moment never came; operations: %s", o, s.operations())
	}
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

// hasCard reports whether the domain of a machine has the card of a NIC, as virsh shows it.
func (s *server) hasCard(machine, nic int64) bool {
	s.t.Helper()
	n := strings.Count(harness.Virsh(s.t, "domiflist", fmt.Sprintf("dp-%s-%d", s.instance, machine)), string(mark.Instance(s.instance).Tap(nic))+" ")
	if n > 1 {
		s.t.Errorf("NIC %d is in the domain %d times", nic, n)
	}
	return n == 1
}

// onRunning makes a machine whose guest runs, and in which nothing boots.
func (s shared) onRunning() (key, machine int64) {
	s.t.Helper()
	key, machine = s.createVM(uuid.NewString(), schema.Set{"boot_delay": schema.IntValue(0)})
	s.ask(machine, compute.PowerOn)
	s.spawn(keeperOrder{}, func() bool { return s.status(machine).StartedWith != "" })
	return key, machine
}

// killedPlug is an operation of a hotplug that is killed at points, and what is true at its end.
type killedPlug struct {
	what     string
	plug     bool
	orders   []keeperOrder
	patience time.Duration // of the run that ends it
	status   string
	has, is  bool // the part in the domain, and its row enabled
}

// TestKilledHotplug kills the server's process in each step of plugging a disk in and out: the next run ends it, done or undone, and rows and domain agree.
func TestKilledHotplug(t *testing.T) {
	rig.EachPlace(t, func(t *testing.T, at rig.Place) {
		s := newShared(t, at)
		key, machine := s.onRunning()
		drive := s.createDrive(machine, func(path string) error { return block.Create(path, 1<<20) })
		enabled := func(is bool) {
			s.update(func(tx *store.Tx) error { return store.Write(tx, drive, compute.MachineDriveSet{}.Enabled(is)) })
		}
		enabled(false)
		for _, c := range []killedPlug{
			{what: "before it is plugged in", plug: true, orders: []keeperOrder{{Point: "attach begins"}}, status: operation.Complete, has: true, is: true},
			{what: "before the guest is asked", orders: []keeperOrder{{Point: "detach begins"}}, status: operation.Complete},
			{what: "once it is plugged in", plug: true, orders: []keeperOrder{{Point: "attached"}}, status: operation.Complete, has: true, is: true},
			{what: "once the guest has let go", orders: []keeperOrder{{Point: "detached"}}, status: operation.Complete},
			{what: "in the undo", plug: true, orders: []keeperOrder{{Point: "detach begins", Fail: true}}, status: operation.Failed},
			{what: "after the undo", plug: true, orders: []keeperOrder{{Point: "detached", Fail: true}}, status: operation.Failed},
			{what: "twice", plug: true, orders: []keeperOrder{{Point: "attach begins"}, {Point: "attached"}}, status: operation.Complete, has: true, is: true},
		} {
			s.plugKilled(machine, "machine_drives", drive, c, enabled)
			if has := s.has(machine, drive); has != c.has || (s.driveStatus(drive) == "online") != c.has || s.drive(drive).Enabled != c.is {
				t.Errorf("killed %s: the domain has the disk: %v, the row is %s and enabled: %v", c.what, has, s.driveStatus(drive), s.drive(drive).Enabled)
			}
			if got := s.reason(key); got != "" {
				t.Errorf("killed %s: the VM waits for %s", c.what, got)
			}
		}
	})
}

// TestKilledCard does the same with a card. Nothing in the guest would let go of it: an unplugging that is killed ends in vain, and the card is there.
func TestKilledCard(t *testing.T) {
	rig.EachPlace(t, func(t *testing.T, at rig.Place) {
		s := newShared(t, at)
		key, machine := s.onRunning()
		nic := s.createNIC(machine)
		enabled := func(is bool) {
			s.update(func(tx *store.Tx) error { return store.Write(tx, nic, compute.MachineNICSet{}.Enabled(is)) })
		}
		for _, c := range []killedPlug{
			{what: "before it is plugged in", plug: true, orders: []keeperOrder{{Point: "attach begins"}}, status: operation.Complete, has: true, is: true},
			{what: "before the guest is asked", orders: []keeperOrder{{Point: "detach begins"}}, patience: time.Second, status: operation.Failed, has: true, is: true},
			{what: "once the guest is asked", orders: []keeperOrder{{Point: "detached"}}, patience: time.Second, status: operation.Failed, has: true, is: true},
		} {
			s.plugKilled(machine, "machine_nics", nic, c, enabled)
			if has := s.hasCard(machine, nic); has != c.has || s.nic(nic).Enabled != c.is {
				t.Errorf("killed %s: the domain has the card: %v, the row is enabled: %v", c.what, has, s.nic(nic).Enabled)
			}
			if got := s.reason(key); got != "" {
				t.Errorf("killed %s: the VM waits for %s", c.what, got)
			}
		}
		second := s.createNIC(machine)
		s.plugKilled(machine, "machine_nics", second, killedPlug{what: "once it is plugged in", plug: true, orders: []keeperOrder{{Point: "attach begins"}, {Point: "attached"}}, status: operation.Complete}, enabled)
		if !s.hasCard(machine, second) || !s.hasCard(machine, nic) {
			t.Error("killed twice: a card is missing")
		}
		op := s.begin(machine, compute.Unplug{Machine: machine, Table: "machine_nics", Key: second, Delete: true})
		s.spawn(keeperOrder{Point: "detached"}, nil)
		harness.Virsh(t, "destroy", fmt.Sprintf("dp-%s-%d", s.instance, machine))
		s.spawn(keeperOrder{}, func() bool { return s.operation(op).Ended != 0 })
		if row := s.operation(op); row.Status != operation.Complete {
			t.Errorf("its power was cut while it was asked: the operation is %s (%s)", row.Status, row.StatusInfo)
		}
	})
}

// plugKilled begins to plug a part in or out, kills it as the case says, and has another process end it.
func (s shared) plugKilled(machine int64, table string, key int64, c killedPlug, enabled func(bool)) {
	s.t.Helper()
	var params operation.Params = compute.Unplug{Machine: machine, Table: table, Key: key}
	if c.plug {
		enabled(true)
		params = compute.Hotplug{Machine: machine, Table: table, Key: key, Enabled: true}
	}
	op := s.begin(machine, params)
	for _, o := range c.orders {
		s.spawn(o, nil)
	}
	s.spawn(keeperOrder{Patience: c.patience}, func() bool { return s.operation(op).Ended != 0 })
	if row := s.operation(op); row.Status != c.status {
		s.t.Errorf("killed %s: the operation is %s at %q (%s), want %s", c.what, row.Status, row.Step, row.StatusInfo, c.status)
	}
}

// createNIC makes a card that is not plugged in, in a network that counts as running, with its bridge.
func (s *server) createNIC(machine int64) (nic int64) {
	s.t.Helper()
	s.update(func(tx *store.Tx) error {
		vnet, err := store.Create(tx, network.VnetSet{}.Name("lab "+uuid.NewString()))
		if err != nil {
			return err
		}
		row, err := store.GetRow[network.Vnet](tx, vnet)
		if err != nil {
			return err
		}
		if err := store.Write(tx, row.Machine, compute.MachineStatusSet{}.Running(true)); err != nil {
			return err
		}
		id := uuid.New()
		mac := fmt.Sprintf("52:54:00:%02x:%02x:%02x", id[0], id[1], id[2])
		made, err := store.Create(tx, compute.MachineNICSet{}.Name("card").Machine(machine).Vnet(row.Key).Interface("virtio").Macaddress(mac).Enabled(false))
		if err != nil {
			return err
		}
		nic = made.Int()
		bridge := mark.Instance(s.instance).Bridge(row.Key)
		s.t.Cleanup(func() { _ = link.Delete(bridge) })
		return link.EnsureBridge(bridge, 1500)
	})
	return nic
}

func (s *server) nic(key int64) (row compute.MachineNIC) {
	s.t.Helper()
	if err := s.db.View(s.t.Context(), func(tx *store.Tx) (err error) {
		row, err = store.GetRow[compute.MachineNIC](tx, key)
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return row
}

// TestKilledGrowth kills the server's process while a disk of a running guest grows: the next run makes it as large as its row says.
func TestKilledGrowth(t *testing.T) {
	rig.EachPlace(t, func(t *testing.T, at rig.Place) {
		s := newShared(t, at)
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
	})
}

// TestKilledErasure kills the server's process while a disk is erased: the next run ends it, with an empty disk of the same size.
func TestKilledErasure(t *testing.T) {
	rig.EachPlace(t, func(t *testing.T, at rig.Place) {
		s := newShared(t, at)
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
	})
}
