package vm_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"dewpoint/internal/control/vm"
	"dewpoint/internal/host/block"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/model/column"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
	"dewpoint/test/harness"
	"dewpoint/test/rig"
)

var _ vm.WorkHost = (*libvirt.Client)(nil)

// TestKilledRelease kills the server's process in each step of giving a VM to libvirt, and of taking it back: the next run ends it. Then there is a domain with the VM's
// disk and variables, and no VM, or the VM as it was, and nothing beside it.
func TestKilledRelease(t *testing.T) {
	rig.EachPlace(t, func(t *testing.T, at rig.Place) {
		s := newShared(t, at)
		for _, c := range []struct {
			what   string
			orders []keeperOrder
			moment func(r released) bool
			status string
		}{
			{what: "the folder is there", moment: func(r released) bool { return len(r.files()) > 0 }, status: operation.Complete},
			{what: "the disks are copied", moment: func(r released) bool { return s.operation(r.op).StepsDone > 1 }, status: operation.Complete},
			{what: "before ours goes", orders: []keeperOrder{{Point: "drop begins"}}, status: operation.Complete},
			{what: "between the two", orders: []keeperOrder{{Point: "dropped"}, {Point: "define begins"}}, status: operation.Complete},
			{what: "once it is defined", orders: []keeperOrder{{Point: "defined"}, {Point: "defined"}}, status: operation.Complete},
			{what: "in the undo", orders: []keeperOrder{{Point: "dropped"}, {Point: "drop begins", Fail: true}}, status: operation.Failed},
			{what: "after the undo", orders: []keeperOrder{{Point: "dropped"}, {Point: "dropped", Fail: true}}, status: operation.Failed},
		} {
			r := s.release(c.what)
			for _, o := range c.orders {
				s.spawn(o, nil)
			}
			if c.moment != nil {
				s.spawn(keeperOrder{}, func() bool { return c.moment(r) || s.operation(r.op).Ended != 0 })
			}
			s.spawn(keeperOrder{}, func() bool { return s.operation(r.op).Ended != 0 })
			if row := s.operation(r.op); row.Status != c.status {
				t.Errorf("killed when %s: the operation is %s at %q (%s), want %s", c.what, row.Status, row.Step, row.StatusInfo, c.status)
			}
			if c.status == operation.Complete {
				r.isGiven(c.what)
			} else {
				r.isKept(c.what)
			}
		}
	})
}

// released is a VM that is given to libvirt.
type released struct {
	shared
	key, machine, drive, op int64
	id, name, own           string // own is the machine's folder
}

// release makes a VM that has run, with a disk and variables of firmware, and begins to give it away.
func (s shared) release(what string) (r released) {
	s.t.Helper()
	r = released{shared: s, id: uuid.NewString()}
	r.name = "released-" + r.id[:8]
	r.key, r.machine = s.createVM(r.id, schema.Set{"boot_delay": schema.IntValue(0)})
	r.drive = s.createDrive(r.machine, func(path string) error { return block.Create(path, 1<<20) })
	s.ask(r.machine, compute.PowerOn)
	s.spawn(keeperOrder{}, func() bool { return s.status(r.machine).StartedWith != "" })
	s.ask(r.machine, compute.Kill)
	s.spawn(keeperOrder{}, func() bool { return !s.status(r.machine).Running })
	disk := block.DrivePath(s.dataDir, "", r.id, column.StorageName(r.drive, s.drive(r.drive).StorageID))
	if out, err := exec.CommandContext(s.t.Context(), "qemu-io", "-c", "write -P 7 0 65536", disk).CombinedOutput(); err != nil {
		s.t.Fatalf("%s: %v\n%s", what, err, out)
	}
	m := s.server.machine(r.machine)
	r.own = filepath.Join(s.dataDir, "machines", column.StorageName(m.Key, m.StorageID))
	if err := os.WriteFile(filepath.Join(r.own, "nvram.fd"), []byte("variables"), 0o600); err != nil {
		s.t.Fatal(err)
	}
	s.update(func(tx *store.Tx) (err error) {
		r.op, err = operation.Begin(tx, operation.Request{
			Object: "vms/" + schema.IntValue(r.key).Text(), Queue: operation.MachineQueue(r.machine), Params: compute.VMRelease{VM: r.key, Machine: r.machine, Name: r.name, Network: "default"},
		})
		return err
	})
	s.t.Cleanup(func() { _ = exec.Command("virsh", "-c", "qemu:///system", "undefine", r.name).Run() }) // where it is there
	return r
}

func (r released) files() []string {
	found, _ := filepath.Glob(filepath.Join(releaseDir(r.dataDir), r.name+"-*", "*")) // the pattern is good
	return found
}

// isGiven checks that there is a domain with what the VM had, and nothing of the VM.
func (r released) isGiven(what string) {
	r.t.Helper()
	if got := strings.TrimSpace(harness.Virsh(r.t, "domuuid", r.name)); got != r.id {
		r.t.Errorf("killed when %s: the domain has the UUID %q, want %s", what, got, r.id)
	}
	if xml := harness.Virsh(r.t, "dumpxml", r.name); strings.Contains(xml, r.instance) || strings.Contains(xml, "dewpoint") || strings.Contains(xml, filepath.Join(r.dataDir, "machines")) {
		r.t.Errorf("killed when %s: something of ours is in the domain:\n%s", what, xml)
	}
	if _, there := r.domain(r.machine); there || r.hasRow("vms", r.key) {
		r.t.Errorf("killed when %s: our domain is there: %v, the VM: %v", what, there, r.hasRow("vms", r.key))
	}
	disk := filepath.Join(releaseDir(r.dataDir), r.name+"-"+r.id, "disk-1.qcow2")
	if out, err := exec.CommandContext(r.t.Context(), "qemu-io", "-c", "read -P 7 0 65536", "-c", "read -P 0 65536 65536", disk).CombinedOutput(); err != nil || strings.Contains(string(out), "failed") {
		r.t.Errorf("killed when %s: the disk holds other bytes: %v\n%s", what, err, out)
	}
	if got, err := os.ReadFile(filepath.Join(filepath.Dir(disk), "nvram.fd")); err != nil || !bytes.Equal(got, []byte("variables")) {
		r.t.Errorf("killed when %s: the variables are %q (%v)", what, got, err)
	}
	if n := len(r.files()); n != 2 {
		r.t.Errorf("killed when %s: the folder holds %v", what, r.files())
	}
}

// isKept checks that the VM is as it was and can start, and that nothing is beside it.
func (r released) isKept(what string) {
	r.t.Helper()
	if names := harness.Virsh(r.t, "list", "--all", "--name"); strings.Contains(names, r.name) || len(r.files()) > 0 {
		r.t.Errorf("killed when %s: the domain is there, or its files: %v", what, r.files())
	}
	if left, _ := filepath.Glob(filepath.Join(releaseDir(r.dataDir), r.name+"*")); len(left) > 0 {
		r.t.Errorf("killed when %s: left: %v", what, left)
	}
	r.ask(r.machine, compute.PowerOn)
	r.spawn(keeperOrder{}, func() bool { return r.status(r.machine).Running })
	if !r.has(r.machine, r.drive) {
		r.t.Errorf("killed when %s: the VM has lost its disk", what)
	}
	r.ask(r.machine, compute.Kill)
	r.spawn(keeperOrder{}, func() bool { return !r.status(r.machine).Running })
}

// hasRow reports whether there is a row.
func (s *server) hasRow(table string, key int64) (has bool) {
	s.t.Helper()
	if err := s.db.View(s.t.Context(), func(tx *store.Tx) error {
		n, err := tx.Count(table, store.Key(schema.IntValue(key)))
		has = n > 0
		return err
	}); err != nil {
		s.t.Fatal(err)
	}
	return has
}
