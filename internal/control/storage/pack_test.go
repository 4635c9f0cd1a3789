package storage_test

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dewpoint/internal/model/system"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// asked are params as an action makes them.
type asked struct {
	Key  int64  `json:"key"`
	Name string `json:"name"`
}

func (asked) Operation() string { return "vm_pack" }

// TestPacked packs the disk of a VM, and has tar look into the pack.
func TestPacked(t *testing.T) {
	t.Parallel()
	p := newPool(t)
	p.set("machines", p.machine, schema.Set{"uuid": schema.Value{}})
	vm := p.create("vms", schema.Set{"name": schema.TextValue("web")})
	p.update(func(tx *store.Tx) error {
		r, err := tx.Get("vms", schema.IntValue(vm))
		p.machine = r.Get("machine").Int()
		return err
	})
	p.set("machines", p.machine, schema.Set{"uuid": schema.TextValue(machineUUID)})
	drive := p.drive("disk", mib, 0)
	p.start()
	p.awaitReady(drive)
	var key int64
	p.update(func(tx *store.Tx) (err error) {
		key, err = operation.Begin(tx, operation.Request{Object: fmt.Sprintf("vms/%d", vm), Params: asked{vm, "weekly"}})
		return err
	})
	var row system.Operation
	p.await("the end", func() bool {
		p.update(func(tx *store.Tx) (err error) {
			row, err = store.GetRow[system.Operation](tx, key)
			return err
		})
		return row.Ended != 0
	})
	if row.Status != operation.Complete {
		t.Fatalf("ended %s: %s", row.Status, row.StatusInfo)
	}
	listing, err := exec.Command("tar", "-tf", filepath.Join(p.dir, "packs", fmt.Sprintf("%d.tar", key))).CombinedOutput()
	if err != nil || strings.TrimSpace(string(listing)) != filepath.Base(p.path("", drive)) {
		t.Errorf("the pack holds %q, %v", listing, err)
	}
	if row.StepsDone != 3 || row.Result != `{"disks":1,"name":"weekly"}` {
		t.Errorf("%d steps, result %s", row.StepsDone, row.Result)
	}
}
