package storage_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"dewpoint/internal/errs"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/space"
	"dewpoint/internal/store"
	"dewpoint/test/harness"
	"dewpoint/test/rig"
)

// TestClonesOnAFullDisk: at each of its writes a clone finds no room. It fails and says so, the new VM is gone, and the other one is as it was.
func TestClonesOnAFullDisk(t *testing.T) {
	t.Parallel()
	d := harness.MountDisk(t)
	data := filepath.Join(d.Dir, "data")
	if err := os.Mkdir(data, 0o711); err != nil {
		t.Fatal(err)
	}
	p := newPoolOn(t, rig.Database(t, t.TempDir()), data)
	p.cfg.Space = space.New(p.db, space.Limits{})
	content := noise(1)
	of := p.source(content)
	p.start()
	p.awaitReady(of)
	const page = 4096
	failed := map[bool]int{}
	for _, full := range []bool{false, true} {
		for pages := range int64(12) {
			room := pages * page
			if full {
				room *= 24 // what it copies is more
			}
			what := fmt.Sprintf("full %v, with room for %d bytes", full, room)
			before := p.pooled()
			d.Fill(room)
			made := p.clone(of, full)
			p.await("the end", func() bool { return p.operation(made.op).Ended != 0 })
			d.Free()
			op := p.operation(made.op)
			if op.Status == operation.Complete {
				p.awaitReady(made.drive)
				p.holds(what, made.drive, content)
				p.update(func(tx *store.Tx) error { return tx.Delete("vms", schema.IntValue(made.vm)) })
				p.await("the clone is gone", func() bool { return p.count("machine_drives") == 1 })
				continue
			}
			failed[full]++
			if op.Status != operation.Failed || op.StatusInfo == "" || op.StatusInfo == errs.Hidden {
				t.Errorf("%s: %s (%s)", what, op.Status, op.StatusInfo)
			}
			p.await("nothing is left of the new VM", func() bool { return p.count("vms") == 0 && p.count("machine_drives") == 1 })
			if left := cmp.Diff(before, p.pooled()); left != "" && p.layers() == 0 {
				t.Errorf("%s (-before +after):\n%s", what, left)
			}
			p.holds(what, of, content)
		}
	}
	if failed[false] < 3 || failed[true] < 3 {
		t.Errorf("the disk was full at few of the writes: %v", failed)
	}
}
