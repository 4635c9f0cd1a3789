package storage_test

import (
	"crypto/rand"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/uuid"

	"dewpoint/internal/host/block"
	"dewpoint/internal/model/compute"
	files "dewpoint/internal/model/storage"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/space"
	"dewpoint/internal/store"
)

// exported is an export that was begun: the file and the operation.
type exported struct{ file, op int64 }

// export begins one, as the hook does: of a disk, or, in OVA, of a VM that has it.
func (p *pool) export(drive int64, format string) (e exported) {
	p.t.Helper()
	p.update(func(tx *store.Tx) error {
		file, err := store.Create(tx, files.FileSet{}.Name("exported").UUID(uuid.NewString()))
		if err != nil {
			return err
		}
		e.file = file.Int()
		op := compute.VMExport{File: e.file, Format: format, Disks: []compute.ExportedDisk{{Of: drive, Name: "disk", Interface: "virtio"}}}
		if format == compute.OVA {
			vm, err := store.Create(tx, compute.VMSet{}.Name("exported "+rand.Text()).CPUCores(2).RAM(512))
			if err != nil {
				return err
			}
			op.VM = vm.Int()
		}
		e.op, err = operation.Begin(tx, operation.Request{
			Object: fmt.Sprintf("machines/%d", p.machine), Queue: operation.MachineQueue(p.machine), Params: op,
		})
		return err
	})
	return e
}

// bytes is where the bytes of a media file lie.
func (p *pool) bytes(file int64) string {
	p.t.Helper()
	return block.MediaPath(p.dir, p.name("files", file))
}

// drafts are files that are being made among the media.
func (p *pool) drafts() []string {
	found, _ := filepath.Glob(filepath.Join(p.dir, "exports", "*")) // the pattern is good
	return found
}

// TestExports: what comes out is, in each format, what the disk holds, layers beneath it included; and it goes in again.
func TestExports(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	content := noise(3)
	of := p.source(content)
	p.start()
	p.awaitReady(of)
	clone := p.clone(of, false)
	p.awaitReady(clone.drive)
	raw := filepath.Join(t.TempDir(), "raw")
	if err := os.WriteFile(raw, content, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, format := range append([]string{compute.OVA}, compute.DiskFormats...) {
		e := p.export(of, format)
		p.await(format, func() bool { return p.operation(e.op).Ended != 0 })
		if op := p.operation(e.op); op.Status != operation.Complete {
			t.Errorf("%s: the operation is %s (%s)", format, op.Status, op.StatusInfo)
			continue
		}
		if format == compute.OVA {
			b := p.bring(e.file)
			p.await("the import", func() bool { return p.operation(b.op).Ended != 0 })
			if op := p.operation(b.op); op.Status != operation.Complete {
				t.Fatalf("the import of what was exported is %s (%s)", op.Status, op.StatusInfo)
			}
			p.holds("what was exported and imported", b.drives[0], content)
			continue
		}
		if out, err := exec.CommandContext(t.Context(), "qemu-img", "compare", "-f", "raw", "-F", driver(format), raw, p.bytes(e.file)).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", format, err, out)
		}
		drive := p.drive("import", 0, e.file)
		p.awaitReady(drive)
		p.holds(format+", imported again", drive, content)
	}
	if left := p.drafts(); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func driver(format string) string {
	if format == "vhd" {
		return "vpc"
	}
	return format
}

// TestExportsThatAreNotToBe leave nothing: cancelled, their file deleted, no room.
func TestExportsThatAreNotToBe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do     func(*pool, exported)
		status string
	}{
		"cancelled": {func(p *pool, e exported) { p.update(func(tx *store.Tx) error { return operation.Cancel(tx, e.op) }) }, operation.Cancelled},
		"deleted": {func(p *pool, e exported) {
			p.update(func(tx *store.Tx) error { return tx.Delete("files", schema.IntValue(e.file)) })
		}, operation.Failed},
		"full": {nil, operation.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPool(t)
			of := p.source(noise(96))
			stop := run(p.db, p.cfg)
			p.awaitReady(of)
			stop()
			if name == "full" {
				p.cfg.Space = space.New(p.db, space.Limits{Reserve: 1 << 60})
			}
			p.start()
			for _, format := range []string{compute.OVA, "raw"} {
				before := p.live("files")
				e := p.export(of, format)
				if c.do != nil {
					p.await("the draft", func() bool { return len(p.drafts()) > 0 || p.operation(e.op).Ended != 0 })
					c.do(p, e)
				}
				p.await("the end", func() bool { return p.operation(e.op).Ended != 0 })
				if op := p.operation(e.op); op.Status != c.status {
					t.Errorf("%s: the operation is %s (%s), want %s", format, op.Status, op.StatusInfo, c.status)
				}
				if left := p.drafts(); len(left) != 0 || there(p.bytes(e.file)) {
					t.Errorf("%s: left: %v", format, left)
				}
				if n := p.live("files"); n != before {
					t.Errorf("%s: %d files, there were %d", format, n, before)
				}
			}
		})
	}
}

// live counts the rows that aren't deleted.
func (p *pool) live(table string) (n int64) {
	p.t.Helper()
	if err := p.db.View(p.t.Context(), func(tx *store.Tx) (err error) {
		n, err = tx.Count(table)
		return err
	}); err != nil {
		p.t.Fatal(err)
	}
	return n
}

// TestKilledExport kills the server's process in each step of an export: the next run ends it.
func TestKilledExport(t *testing.T) {
	onEach(t, killExports)
}

func killExports(t *testing.T, at place) {
	p := newPoolOn(t, at.Database(t), at.Dir)
	content := noise(32)
	of := p.source(content)
	at.spawn(t, func() bool { return p.status(of).Ready })
	moments := map[string]func(e exported) bool{
		"it was begun":        func(e exported) bool { return p.operation(e.op).Status == operation.Running },
		"a draft is begun":    func(exported) bool { return len(p.drafts()) > 0 },
		"the archive is made": func(exported) bool { return len(p.drafts()) > 1 },
		"it is in place":      func(e exported) bool { return there(p.bytes(e.file)) },
		"it has ended":        func(e exported) bool { return p.operation(e.op).Ended != 0 },
	}
	if at.DSN != "" && os.Getenv("DEWPOINT_SOAK") == "" {
		maps.DeleteFunc(moments, func(name string, _ func(exported) bool) bool { return name != "the archive is made" })
	}
	var made []exported
	for name, moment := range moments {
		e := p.export(of, compute.OVA)
		at.spawn(t, func() bool { return moment(e) || p.operation(e.op).Ended != 0 })
		at.spawn(t, func() bool { return p.operation(e.op).Ended != 0 })
		if op := p.operation(e.op); op.Status != operation.Complete {
			t.Fatalf("killed when %s: the operation is %s at %q (%s)", name, op.Status, op.Step, op.StatusInfo)
		}
		made = append(made, e)
	}
	if left := p.drafts(); len(left) != 0 {
		t.Errorf("left: %s", strings.Join(left, " "))
	}
	p.start()
	for _, e := range made {
		b := p.bring(e.file)
		p.await("the import", func() bool { return p.operation(b.op).Ended != 0 })
		p.holds("what was exported", b.drives[0], content)
	}
}
