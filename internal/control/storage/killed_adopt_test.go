package storage_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/uuid"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/block"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/layer"
	"dewpoint/internal/operation"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// killer is libvirt for a process that ends at a point of its work.
type killer struct {
	*libvirt.Client
	place place
}

func (k *killer) at(point string) {
	if k.place.Point == point {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

func (k *killer) Drop(ctx context.Context, ref libvirt.Ref) error {
	k.at("drop begins")
	err := k.Client.Drop(ctx, ref)
	k.at("dropped")
	if err == nil && k.place.Fail {
		err = errs.New(errs.Invalid, "refused", "this is refused in a test")
	}
	return err
}

func (k *killer) Define(ctx context.Context, xml string) (libvirt.Ref, error) {
	k.at("define begins")
	ref, err := k.Client.Define(ctx, xml)
	k.at("defined")
	return ref, err
}

// TestKilledAdoption kills the server's process in each step of an adoption and of its undo: the next run ends it. Then there is a VM with the disk, and no domain, or
// the domain as it was, and nothing beside it.
func TestKilledAdoption(t *testing.T) { onEach(t, killAdoptions) }

func killAdoptions(t *testing.T, at place) {
	client := libvirt.New("", "")
	t.Cleanup(client.Close)
	if _, err := client.List(t.Context(), ""); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("libvirt does not answer: %v", err)
	}
	p := newPoolOn(t, at.Database(t), at.Dir)
	content := noise(32)
	disk := filepath.Join(t.TempDir(), "legacy.img")
	if err := os.WriteFile(disk, content, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		what   string
		points []place
		done   bool
	}{
		{what: "the copy is begun", points: nil, done: true},
		{what: "before the domain goes", points: []place{{Point: "drop begins"}}, done: true},
		{what: "once the domain is gone", points: []place{{Point: "dropped"}}, done: true},
		{what: "twice", points: []place{{Point: "drop begins"}, {Point: "dropped"}}, done: true},
		{what: "in the undo", points: []place{{Point: "define begins", Fail: true}}},
		{what: "after the undo", points: []place{{Point: "defined", Fail: true}}},
	} {
		ref, definition := legacy(t, client, disk)
		op, vm, drive := p.adopt(ref, definition, disk, "raw")
		if c.points == nil {
			at.spawn(t, func() bool { return len(p.like("*.part")) > 0 || p.operation(op).Ended != 0 })
		}
		for _, o := range c.points {
			o.Place = at.Place
			o.spawn(t, nil)
		}
		at.spawn(t, func() bool { return p.operation(op).Ended != 0 })
		row := p.operation(op)
		if (row.Status == operation.Complete) != c.done || row.Status != operation.Complete && row.Status != operation.Failed {
			t.Fatalf("killed when %s: the operation is %s at %q (%s)", c.what, row.Status, row.Step, row.StatusInfo)
		}
		now, _, err := client.Definition(t.Context(), ref)
		if c.done {
			if !errs.Is(err, errs.NotFound) {
				t.Errorf("killed when %s: the domain is still there (%v)", c.what, err)
			}
			d := p.driveRow(drive)
			copied := filepath.Join(t.TempDir(), "raw")
			if out, err := exec.CommandContext(t.Context(), "qemu-img", "convert", "-O", "raw", block.DrivePath(p.dir, d.PreferredTier, ref.UUID, layer.Head(d)), copied).CombinedOutput(); err != nil {
				t.Fatalf("killed when %s: %v %s", c.what, err, out)
			}
			if got, err := os.ReadFile(copied); err != nil || !bytes.Equal(got, content) || !p.status(drive).Ready {
				t.Errorf("killed when %s: the disk holds other bytes (%v), ready: %v", c.what, err, p.status(drive).Ready)
			}
			continue
		}
		if err != nil || now != definition {
			t.Errorf("killed when %s: the domain is no longer as it was (%v):\n%s", c.what, err, now)
		}
		if left, _ := filepath.Glob(filepath.Join(p.dir, "pools", "*", ref.UUID, "*")); len(left) > 0 || p.lives(vm) {
			t.Errorf("killed when %s: left: %v, the VM: %v", c.what, left, p.lives(vm))
		}
	}
	if got, err := os.ReadFile(disk); err != nil || !bytes.Equal(got, content) {
		t.Errorf("the domain's own file holds other bytes (%v)", err)
	}
}

// legacy defines a domain as anybody would, until the test ends.
func legacy(t *testing.T, c *libvirt.Client, disk string) (ref libvirt.Ref, definition string) {
	t.Helper()
	ref = libvirt.Ref{UUID: uuid.NewString()}
	ref.Name = "legacy-" + ref.UUID[:8]
	_, err := c.Define(t.Context(), fmt.Sprintf(`<domain type='qemu'><name>%s</name><uuid>%s</uuid><memory unit='MiB'>300</memory><os><type arch='x86_64'>hvm</type></os>
<devices><disk type='file' device='disk'><driver name='qemu' type='raw'/><source file='%s'/><target dev='vda' bus='virtio'/></disk></devices></domain>`, ref.Name, ref.UUID, disk))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Drop(context.Background(), ref) }) // where it is there
	definition, _, err = c.Definition(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	return ref, definition
}

// lives reports whether a VM is there.
func (p *pool) lives(vm int64) (is bool) {
	p.t.Helper()
	if err := p.db.View(p.t.Context(), func(tx *store.Tx) error {
		n, err := tx.Count("vms", store.Key(schema.IntValue(vm)))
		is = n > 0
		return err
	}); err != nil {
		p.t.Fatal(err)
	}
	return is
}
