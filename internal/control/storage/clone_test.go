package storage_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dewpoint/internal/host/block"
	"dewpoint/internal/layer"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/model/system"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/space"
	"dewpoint/internal/store"
)

// cloned is a clone that was asked for: the new VM, its machine and drive, and the operation.
type cloned struct{ vm, machine, drive, op int64 }

const cloneUUID = "11111111-92a4-4c5b-9d3e-%012d"

// source makes a drive with that content, as an import does.
func (p *pool) source(content []byte) int64 {
	p.t.Helper()
	file := p.media(content)
	p.set("files", file, schema.Set{"complete": schema.BoolValue(true)})
	return p.drive("import", 0, file)
}

// clone makes the rows of a clone with one drive, and its operation, as the hook of the action does.
func (p *pool) clone(of int64, full bool) (c cloned) {
	p.t.Helper()
	p.update(func(tx *store.Tx) error {
		vm, err := store.Create(tx, compute.VMSet{}.Name("clone "+rand.Text()))
		if err != nil {
			return err
		}
		row, err := store.GetRow[compute.VM](tx, vm)
		if err != nil {
			return err
		}
		c.vm, c.machine = row.Key, row.Machine
		if err := store.Write(tx, c.machine, compute.MachineSet{}.UUID(fmt.Sprintf(cloneUUID, c.machine))); err != nil {
			return err
		}
		drive, err := store.Create(tx, compute.MachineDriveSet{}.Name("copy").Machine(c.machine).Media("disk").Disksize(mib).CloneOf(of))
		if err != nil {
			return err
		}
		c.drive = drive.Int()
		c.op, err = operation.Begin(tx, operation.Request{
			Object: fmt.Sprintf("machines/%d", p.machine), Queue: operation.MachineQueue(p.machine),
			Params: compute.VMClone{VM: c.vm, Full: full, Disks: []compute.CloneDisk{{Drive: c.drive, Of: of}}, Firmware: p.machine, TPM: true},
		})
		return err
	})
	return c
}

func (p *pool) operation(key int64) (row system.Operation) {
	p.t.Helper()
	if err := p.db.View(p.t.Context(), func(tx *store.Tx) (err error) {
		row, err = store.GetRow[system.Operation](tx, key)
		return err
	}); err != nil {
		p.t.Fatal(err)
	}
	return row
}

func (p *pool) layers() int64 { p.t.Helper(); return p.count("drive_layers") }

// disk is where the file of a drive is.
func (p *pool) disk(drive int64) string {
	p.t.Helper()
	d := p.driveRow(drive)
	folder := machineUUID
	if d.Machine != p.machine {
		folder = fmt.Sprintf(cloneUUID, d.Machine)
	}
	return block.DrivePath(p.dir, d.PreferredTier, folder, layer.Head(d))
}

// holds checks what a drive's disk reads as, by a qemu-img that follows the names in the headers.
func (p *pool) holds(what string, drive int64, content []byte) {
	p.t.Helper()
	raw := filepath.Join(p.t.TempDir(), "raw")
	if out, err := exec.CommandContext(p.t.Context(), "qemu-img", "convert", "-O", "raw", p.disk(drive), raw).CombinedOutput(); err != nil {
		p.t.Errorf("%s: %v\n%s", what, err, out)
		return
	}
	if got, err := os.ReadFile(raw); err != nil || !bytes.Equal(got, content) {
		p.t.Errorf("%s: the disk holds other bytes (%v)", what, err)
	}
}

// backed tells whether a disk builds upon another file.
func (p *pool) backed(drive int64) bool {
	p.t.Helper()
	out, err := exec.CommandContext(p.t.Context(), "qemu-img", "info", p.disk(drive)).CombinedOutput()
	if err != nil {
		p.t.Errorf("%v\n%s", err, out)
	}
	return strings.Contains(string(out), "backing file:")
}

// pooled are the files and folders in the pools.
func (p *pool) pooled() (names []string) {
	for _, pattern := range []string{"pools/*/*", "pools/*/*/*"} {
		found, _ := filepath.Glob(filepath.Join(p.dir, pattern)) // the pattern is good
		names = append(names, found...)
	}
	return names
}

// TestLinkedClones build upon what the disk held when they were made. A disk that wasn't written to isn't frozen again.
func TestLinkedClones(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	content := noise(3)
	of := p.source(content)
	p.start()
	p.awaitReady(of)
	first := p.clone(of, false)
	p.awaitReady(first.drive)
	p.awaitReady(of)
	if op := p.operation(first.op); op.Status != operation.Complete || !p.backed(first.drive) || !p.backed(of) || p.layers() != 1 {
		t.Fatalf("the operation is %s (%s), the clone has a disk beneath: %v, the source: %v, layers: %d", op.Status, op.StatusInfo, p.backed(first.drive), p.backed(of), p.layers())
	}
	p.holds("the clone", first.drive, content)
	p.holds("the source", of, content)
	second := p.clone(of, false)
	p.awaitReady(second.drive)
	if p.layers() != 1 {
		t.Errorf("%d layers after a clone of a disk that nobody wrote to, want 1", p.layers())
	}
	if out, err := exec.CommandContext(t.Context(), "qemu-io", "-c", "write -P 7 0 4096", p.disk(of)).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	third := p.clone(of, false)
	p.awaitReady(third.drive)
	p.holds("the third", third.drive, append(bytes.Repeat([]byte{7}, 4096), content[4096:]...))
	p.holds("the second", second.drive, content)
	if p.layers() != 2 {
		t.Errorf("%d layers after a clone of a disk that was written to, want 2", p.layers())
	}

	p.update(func(tx *store.Tx) error { return tx.Delete("machine_drives", schema.IntValue(of)) })
	p.await("the source is gone", func() bool { return p.count("machine_drives") == 3 })
	p.holds("the third, without its source", third.drive, append(bytes.Repeat([]byte{7}, 4096), content[4096:]...))
	for _, c := range []cloned{first, second, third} {
		p.update(func(tx *store.Tx) error { return tx.Delete("vms", schema.IntValue(c.vm)) })
	}
	p.await("all is gone", func() bool { return p.count("machine_drives") == 0 && p.layers() == 0 })
	if left := p.pooled(); len(left) != 0 {
		t.Errorf("left in the pool: %v", left)
	}
}

// TestFullClone is a disk of its own.
func TestFullClone(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	content := noise(3)
	of := p.source(content)
	p.start()
	p.awaitReady(of)
	c := p.clone(of, true)
	p.awaitReady(c.drive)
	p.holds("the clone", c.drive, content)
	if p.backed(c.drive) || p.driveRow(c.drive).Disksize != 3*mib {
		t.Errorf("it has a disk beneath: %v, its size is %d", p.backed(c.drive), p.driveRow(c.drive).Disksize)
	}
	p.update(func(tx *store.Tx) error { return tx.Delete("machine_drives", schema.IntValue(of)) })
	p.await("the source is gone", func() bool { return p.count("machine_drives") == 1 && p.layers() == 0 })
	p.holds("the clone alone", c.drive, content)
}

// undone waits for the end of a clone that is not to be, and checks that nothing is left of it.
func (p *pool) undone(c cloned, of int64, content []byte, status, why string) {
	p.t.Helper()
	p.await("the end", func() bool { return p.operation(c.op).Ended != 0 })
	if op := p.operation(c.op); op.Status != status || !strings.Contains(op.StatusInfo, why) {
		p.t.Errorf("the operation is %s (%s), want %s (%s)", op.Status, op.StatusInfo, status, why)
	}
	p.await("the clone's rows are gone", func() bool { return p.count("vms") == 0 && p.count("machine_drives") == 1 })
	for _, name := range p.pooled() {
		if !strings.HasPrefix(name, filepath.Join(p.dir, "pools", "1", machineUUID)) || strings.HasSuffix(name, ".part") {
			p.t.Errorf("%s is left", name)
		}
	}
	p.holds("the source", of, content)
	if n := p.count("quarantine"); n != 0 {
		p.t.Errorf("%d things are in quarantine", n)
	}
}

// TestClonesThatAreNotToBe leave nothing: cancelled while it copies, its VM deleted, no room, the source deleted before.
func TestClonesThatAreNotToBe(t *testing.T) {
	t.Parallel()
	content := noise(192)
	for name, c := range map[string]struct {
		do          func(*pool, cloned)
		status, why string
	}{
		"cancelled": {func(p *pool, c cloned) {
			p.update(func(tx *store.Tx) error { return operation.Cancel(tx, c.op) })
		}, operation.Cancelled, ""},
		"deleted": {func(p *pool, c cloned) {
			p.update(func(tx *store.Tx) error {
				if err := operation.Cancel(tx, c.op); err != nil {
					return err
				}
				return tx.Delete("vms", schema.IntValue(c.vm))
			})
		}, operation.Cancelled, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPool(t)
			of := p.source(content)
			p.start()
			p.awaitReady(of)
			made := p.clone(of, true)
			p.await("the draft", func() bool { return there(p.disk(made.drive) + ".part") })
			c.do(p, made)
			p.undone(made, of, content, c.status, c.why)
		})
	}
	t.Run("cancelled before it began", func(t *testing.T) {
		t.Parallel()
		p := newPool(t)
		of := p.source(content[:mib])
		stop := run(p.db, p.cfg)
		p.awaitReady(of)
		stop()
		made := p.clone(of, false)
		p.update(func(tx *store.Tx) error { return operation.Cancel(tx, made.op) })
		p.start()
		p.undone(made, of, content[:mib], operation.Cancelled, "")
	})
	t.Run("full", func(t *testing.T) {
		t.Parallel()
		p := newPool(t)
		of := p.source(content[:mib])
		stop := run(p.db, p.cfg)
		p.awaitReady(of)
		stop()
		p.cfg.Space = space.New(p.db, space.Limits{Reserve: 1 << 60})
		p.start()
		p.undone(p.clone(of, true), of, content[:mib], operation.Failed, "")
		p.undone(p.clone(of, false), of, content[:mib], operation.Failed, "")
	})
}

// TestKilledClone kills the server's process in each step of a clone: the next run ends it, with all the bytes and nothing beside them.
func TestKilledClone(t *testing.T) {
	for _, full := range []bool{false, true} {
		t.Run(fmt.Sprintf("full %v", full), func(t *testing.T) { onEach(t, func(t *testing.T, at place) { killClones(t, at, full) }) })
	}
}

func killClones(t *testing.T, at place, full bool) {
	p := newPoolOn(t, at.Database(t), at.Dir)
	content := noise(32)
	of := p.source(content)
	at.spawn(t, func() bool { return p.status(of).Ready })
	variables, state := p.firmware(p.machine)
	moments := map[string]func(c cloned) bool{
		"the variables are there": func(c cloned) bool { return there(filepath.Join(p.own(c.machine), "nvram.fd")) },
		"the TPM is there":        func(c cloned) bool { return there(filepath.Join(p.own(c.machine), "tpm")) },
		"it was begun":            func(c cloned) bool { return p.operation(c.op).Status == operation.Running },
		"the next file is begun":  func(c cloned) bool { return len(p.like("*.part")) > 0 },
		"the next file is there":  func(c cloned) bool { return len(p.like("*."+"[1-9].qcow2")) > 0 },
		"it is frozen":            func(cloned) bool { return p.layers() > 0 },
		"the clone is begun":      func(c cloned) bool { return there(p.disk(c.drive) + ".part") },
		"the clone is there":      func(c cloned) bool { return there(p.disk(c.drive)) },
		"it has ended":            func(c cloned) bool { return p.operation(c.op).Ended != 0 },
	}
	if at.DSN != "" && os.Getenv("DEWPOINT_SOAK") == "" {
		maps.DeleteFunc(moments, func(name string, _ func(cloned) bool) bool {
			return name != "it is frozen" && name != "the clone is begun" && name != "the variables are there"
		})
	}
	var clones []cloned
	for name, moment := range moments {
		c := p.clone(of, full)
		at.spawn(t, func() bool { return moment(c) || p.operation(c.op).Ended != 0 }) // the draft of a linked clone is gone within a millisecond
		at.spawn(t, func() bool {
			op := p.operation(c.op)
			return op.Status != operation.Complete && op.Ended != 0 || op.Ended != 0 && p.status(c.drive).Ready && p.status(of).Ready
		})
		if op := p.operation(c.op); op.Status != operation.Complete {
			t.Fatalf("killed when %s: the operation is %s at %q (%s)", name, op.Status, op.Step, op.StatusInfo)
		}
		p.holds("killed when "+name, c.drive, content)
		for path, want := range map[string][]byte{"nvram.fd": variables, "tpm/tpm2/tpm2-00.permall": state} {
			if got, err := os.ReadFile(filepath.Join(p.own(c.machine), path)); err != nil || !bytes.Equal(got, want) {
				t.Errorf("killed when %s: the clone's %s holds other bytes than its source's (%v)", name, path, err)
			}
		}
		clones = append(clones, c)
	}
	p.holds("the source", of, content)
	p.start()
	p.await("only disks are there", func() bool { return len(p.like("*.part")) == 0 })
	if n := p.count("quarantine"); n != 0 || p.backed(clones[0].drive) == full {
		t.Errorf("%d things are in quarantine; a clone has a disk beneath: %v", n, p.backed(clones[0].drive))
	}
}

// firmware gives a machine variables of UEFI firmware, and a TPM that keeps something.
func (p *pool) firmware(machine int64) (variables, state []byte) {
	p.t.Helper()
	variables, state = noise(1)[:540672], noise(1)[:5000]
	for path, text := range map[string][]byte{"nvram.fd": variables, "tpm/tpm2/tpm2-00.permall": state} {
		path = filepath.Join(p.own(machine), path)
		if err := os.MkdirAll(filepath.Dir(path), 0o710); err != nil {
			p.t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
	return variables, state
}

// own is the folder of a machine.
func (p *pool) own(machine int64) string {
	p.t.Helper()
	return filepath.Join(p.dir, "machines", p.name("machines", machine))
}

// like are the files in the pools that match.
func (p *pool) like(pattern string) []string {
	found, _ := filepath.Glob(filepath.Join(p.dir, "pools", "*", "*", pattern)) // the pattern is good
	return found
}
