package storage_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dewpoint/internal/host/block"
	"dewpoint/internal/model/system"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

const strangerUUID = "11111111-92a4-4c5b-9d3e-0a1b2c3d4e5f"

// plant puts a file into the pools.
func (p *pool) plant(path, content string) string {
	p.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o711); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return path
}

// held returns the contents of what is in quarantine, by kind and by where it lay.
func (p *pool) held() map[string]string {
	p.t.Helper()
	found := map[string]string{}
	if err := p.db.View(p.t.Context(), func(tx *store.Tx) error {
		rows, err := store.FindRows[system.Quarantine](tx)
		for _, q := range rows {
			content, err := os.ReadFile(filepath.Join(p.dir, q.Place, "content"))
			if err != nil {
				return err
			}
			found[q.Kind+" "+q.Path] = string(content)
		}
		return err
	}); err != nil {
		p.t.Fatal(err)
	}
	return found
}

// TestNewDiskIsEmpty gives a new drive the key by which another database's disk lies there, whole and half-made, with and without an id: the
// drive gets an empty disk of its own, and all others are set aside unchanged.
func TestNewDiskIsEmpty(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	drive := p.drive("disk", 8*mib, 0)
	strange := map[string]string{}
	for _, uuid := range []string{machineUUID, strangerUUID} {
		for name, kind := range map[string]string{"1.qcow2": "disk", "1-0badcafe.qcow2": "disk", "1.qcow2.part": "unfinished_disk", "99.qcow2": "disk"} {
			at := filepath.Join("pools", "1", uuid, name)
			p.plant(filepath.Join(p.dir, at), "somebody's "+at)
			strange[kind+" "+at] = "somebody's " + at
		}
	}
	if drive != 1 {
		t.Fatalf("the drive has the key %d", drive)
	}
	p.passUntil("ready", func() bool { return p.status(drive).Ready })
	if got := p.virtualSize(p.path("", drive)); got != 8*mib {
		t.Errorf("the new disk has %d bytes", got)
	}
	held := p.held()
	for what, content := range strange {
		if held[what] != content {
			t.Errorf("%s is in quarantine as %q", what, held[what])
		}
	}
	if len(held) != len(strange) {
		t.Errorf("in quarantine: %v", held)
	}
}

// TestDrivesWithoutAnID are those that older versions made: they keep their file and its name, move with it, and never take one of an unknown machine.
func TestDrivesWithoutAnID(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	drive := p.drive("disk", 8*mib, 0)
	p.set("machine_drives", drive, schema.Set{"storage_id": {}})
	path := block.DrivePath(p.dir, "", machineUUID, "1")
	if err := os.MkdirAll(filepath.Dir(path), 0o711); err != nil {
		t.Fatal(err)
	}
	if err := block.Create(path, 8*mib); err != nil {
		t.Fatal(err)
	}
	stranger := p.plant(block.DrivePath(p.dir, "", strangerUUID, "1"), "somebody's")
	p.passUntil("ready", func() bool { return p.status(drive).Ready })
	if got := p.virtualSize(path); got != 8*mib {
		t.Errorf("the disk has %d bytes", got)
	}
	if _, err := os.Stat(stranger); !os.IsNotExist(err) || p.held()["disk pools/1/"+strangerUUID+"/1.qcow2"] != "somebody's" {
		t.Errorf("the other machine's disk was not set aside: %v, %v", p.held(), err)
	}
	// It moves to another machine of this database, though its own has no other drive.
	const otherUUID = "22222222-92a4-4c5b-9d3e-0a1b2c3d4e5f"
	other := p.create("machines", schema.Set{"name": schema.TextValue("db"), "type": schema.TextValue("vm"), "uuid": schema.TextValue(otherUUID)})
	p.set("machine_drives", drive, schema.Set{"machine": schema.IntValue(other)})
	moved := block.DrivePath(p.dir, "", otherUUID, "1")
	p.passUntil("the move", func() bool { _, err := os.Stat(moved); return err == nil })
}

// TestDrivesMoveWithTheirID though the machine whose folder they lie in is not known any more.
func TestDrivesMoveWithTheirID(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	drive := p.drive("disk", 8*mib, 0)
	p.passUntil("ready", func() bool { return p.status(drive).Ready })
	away := block.DrivePath(p.dir, "2", strangerUUID, p.name("machine_drives", drive))
	if err := os.MkdirAll(filepath.Dir(away), 0o711); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(p.path("", drive), away); err != nil {
		t.Fatal(err)
	}
	p.passUntil("the move", func() bool { _, err := os.Stat(p.path("", drive)); return err == nil })
	if held := p.held(); len(held) != 0 {
		t.Errorf("in quarantine: %v", held)
	}
}

// TestRefusedOnce imports an image that only qemu-img finds to be damaged: the refusal stands, without another try, until another source is chosen.
func TestRefusedOnce(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	forged := filepath.Join(t.TempDir(), "forged")
	if err := block.Create(forged, 8*mib); err != nil {
		t.Fatal(err)
	}
	image, err := os.ReadFile(forged)
	if err != nil {
		t.Fatal(err)
	}
	image[96+3] = 60 // refcount order
	whole := schema.Set{"complete": schema.BoolValue(true)}
	bad, good := p.media(image), p.media(bytes.Repeat([]byte("dewpoint"), mib/8))
	p.set("files", bad, whole)
	p.set("files", good, whole)
	drive := p.drive("import", 0, bad)
	stop := run(p.db, p.cfg)
	p.await("the refusal", func() bool {
		s := p.status(drive)
		return s.Status == "error" && strings.Contains(s.StatusInfo, "damaged") && p.imported(drive).Ended != 0
	})
	stop()
	if info := p.status(drive).StatusInfo; strings.Contains(info, p.dir) || strings.Contains(info, "qemu-img") {
		t.Errorf("people read %q", info)
	}
	// A source that would do now lies where the refused one lay: nothing looks at it, for neither row has changed.
	p.plant(block.MediaPath(p.dir, p.name("files", bad)), strings.Repeat("dewpoint", mib/8))
	for range 20 {
		p.pass()
	}
	if s, n := p.status(drive), p.count("operations"); s.Status != "error" || n != 1 {
		t.Errorf("it was tried again, by %d operations: %+v", n, s)
	}
	p.start()
	p.set("machine_drives", drive, schema.Set{"media_source": schema.IntValue(good)})
	p.awaitReady(drive)
}
