package vm_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"dewpoint/internal/control/vm"
	"dewpoint/internal/engine"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/space"
	"dewpoint/test/rig"
)

// cutting is a host where somebody cuts the power at the moment when disks are to be switched.
type cutting struct {
	vm.WorkHost
	cut func(ctx context.Context, ref libvirt.Ref) error
}

func (c cutting) Switch(ctx context.Context, ref libvirt.Ref, s libvirt.Switch) (time.Duration, error) {
	if err := c.cut(ctx, ref); err != nil {
		return 0, err
	}
	return c.WorkHost.Switch(ctx, ref, s)
}

// TestSnapshotUnderACut: a guest whose power is cut while a snapshot of it is taken has the snapshot of a machine that is off.
func TestSnapshotUnderACut(t *testing.T) {
	t.Parallel()
	k := newKilled(t, place{Place: rig.Place{Dir: t.TempDir()}}, true)
	k.worksOn(cutting{k.host, k.host.Destroy}, space.Limits{})
	op := k.act("snapshot", schema.Input{"name": json.RawMessage(`"cut"`), "memory": engine.Flag(true)})
	if op.Status != operation.Complete {
		t.Fatalf("it is %s at %q (%s)", op.Status, op.Step, op.StatusInfo)
	}
	if n := len(k.taken()); n != 1 {
		t.Errorf("%d snapshots are taken", n)
	}
	k.running = false
	k.sound("its power was cut")
	k.holds("its power was cut", k.written)
}
