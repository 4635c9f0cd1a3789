package storage_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dewpoint/internal/host/block"
	"dewpoint/internal/layer"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// freeze makes a layer of a drive's disk, and the disk above it.
func (p *pool) freeze(drive int64) (base string) {
	p.t.Helper()
	p.update(func(tx *store.Tx) error {
		d, err := store.GetRow[compute.MachineDrive](tx, drive)
		if err != nil {
			return err
		}
		base = block.DrivePath(p.dir, "", machineUUID, layer.Head(d))
		if _, err := layer.Freeze(tx, d, "", machineUUID, d.Generation+1); err != nil {
			return err
		}
		d.Generation++
		return block.CreateOver(block.DrivePath(p.dir, "", machineUUID, layer.Head(d)), base, d.Disksize)
	})
	return base
}

func (p *pool) driveRow(key int64) (row compute.MachineDrive) {
	p.t.Helper()
	if err := p.db.View(p.t.Context(), func(tx *store.Tx) (err error) {
		row, err = store.GetRow[compute.MachineDrive](tx, key, store.Everything())
		return err
	}); err != nil {
		p.t.Fatal(err)
	}
	return row
}

// TestLayersOutliveTheirDrive: a frozen file stays in its place while anything builds upon it, a new disk is made above it, and it goes with the last.
func TestLayersOutliveTheirDrive(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	drive := p.drive("disk", 8*mib, 0)
	p.passUntil("ready", func() bool { return p.status(drive).Ready })
	bottom := p.freeze(drive)
	middle := p.freeze(drive)
	base := p.driveRow(drive).Base

	clone := p.create("machine_drives", schema.Set{
		"name": schema.TextValue("clone"), "machine": schema.IntValue(p.machine), "media": schema.TextValue("disk"),
		"disksize": schema.IntValue(16 * mib), "base": schema.IntValue(base),
	})
	p.passUntil("the clone", func() bool { return p.status(clone).Ready })
	above := p.path("", clone)
	if size, err := block.Size(above); err != nil || size != 16*mib {
		t.Errorf("the clone has %d bytes, %v", size, err)
	}
	if text, err := os.ReadFile(above); err != nil || !strings.Contains(string(text), middle) {
		t.Errorf("the clone doesn't build upon %s (%v)", middle, err)
	}
	p.set("machine_drives", clone, schema.Set{"disksize": schema.IntValue(32 * mib)})
	p.passUntil("the growth", func() bool { size, _ := block.Size(above); return size == 32*mib })

	own := strings.TrimSuffix(p.path("", drive), block.DiskEnding) + ".2" + block.DiskEnding
	if !there(own) {
		t.Fatal("the drive has no file of its own")
	}
	p.update(func(tx *store.Tx) error { return tx.Delete("machine_drives", schema.IntValue(drive)) })
	p.passUntil("the purge", func() bool { return p.count("machine_drives") == 1 })
	p.pass()
	if !there(bottom) || !there(middle) || there(own) {
		t.Error("the layers of the deleted drive didn't stay, or its own file did")
	}
	p.update(func(tx *store.Tx) error { return tx.Delete("machine_drives", schema.IntValue(clone)) })
	p.passUntil("the end of all layers", func() bool { return p.count("drive_layers") == 0 })
	left, err := filepath.Glob(filepath.Join(p.dir, "pools", "*", "*", "*"))
	if err != nil || len(left) != 0 || len(p.held()) != 0 {
		t.Errorf("left in the pool: %v (%v), in quarantine: %v", left, err, p.held())
	}
}

// TestFrozenDriveHasNoFile: the state of a disk is a row, which makes no file and keeps its layer.
func TestFrozenDriveHasNoFile(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	drive := p.drive("disk", 8*mib, 0)
	p.passUntil("ready", func() bool { return p.status(drive).Ready })
	bottom := p.freeze(drive)
	state := p.create("machine_drives", schema.Set{
		"name": schema.TextValue("state"), "machine": schema.IntValue(p.machine), "disksize": schema.IntValue(8 * mib),
		"base": schema.IntValue(p.driveRow(drive).Base), "origin": schema.IntValue(drive),
	})
	p.update(func(tx *store.Tx) error { return tx.Delete("machine_drives", schema.IntValue(drive)) })
	p.passUntil("the purge", func() bool { return p.count("machine_drives") == 1 })
	p.pass()
	if there(p.path("", state)) || !there(bottom) {
		t.Error("the state of a disk has a file, or its layer has none")
	}
	p.update(func(tx *store.Tx) error { return tx.Delete("machine_drives", schema.IntValue(state)) })
	p.passUntil("the end", func() bool { return p.count("machine_drives") == 0 && p.count("drive_layers") == 0 && !there(bottom) })
}

// TestNextGenerations: the next file of a disk is an open operation's, and nobody's without one. Only that of the row is the disk.
func TestNextGenerations(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	drive := p.drive("disk", 8*mib, 0)
	p.passUntil("ready", func() bool { return p.status(drive).Ready })
	own := p.path("", drive)
	name := strings.TrimSuffix(own, block.DiskEnding)
	next, part := p.plant(name+".1"+block.DiskEnding, "next"), p.plant(name+".1"+block.DiskEnding+".part", "half")
	var op int64
	p.update(func(tx *store.Tx) (err error) {
		op, err = operation.Begin(tx, operation.Request{Object: "machines/1", Node: thisNode, Params: someWork{}})
		return err
	})
	p.set("machine_drives", drive, schema.Set{"disksize": schema.IntValue(16 * mib)})
	p.pass()
	if size, err := block.Size(own); !there(next) || !there(part) || err != nil || size != 8*mib {
		t.Errorf("the files of an open operation were touched (%d bytes, %v)", size, err)
	}
	p.update(func(tx *store.Tx) error { return operation.Cancel(tx, op) })
	p.passUntil("the growth", func() bool { size, _ := block.Size(own); return size == 16*mib })
	if there(next) || there(part) || len(p.held()) != 2 {
		t.Errorf("in quarantine: %v", p.held())
	}
}

// someWork is an operation that never runs.
type someWork struct{}

func (someWork) Operation() string { return "some_work" }
