package storage_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"dewpoint/internal/control/storage"
	"dewpoint/internal/errs"
	"dewpoint/internal/host/block"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/layer"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/operation"
	"dewpoint/internal/store"
)

var _ storage.Domains = (*libvirt.Client)(nil)

// domains is a hypervisor with one domain of somebody else's.
type domains struct {
	ref        libvirt.Ref
	definition string // "" for none
	state      libvirt.State
	refuses    bool   // to drop it
	onDrop     func() // just before
}

func (d *domains) List(context.Context, string) ([]libvirt.Info, error) {
	return []libvirt.Info{{Ref: d.ref, State: d.state, Run: -1}}, nil
}

func (d *domains) Definition(context.Context, libvirt.Ref) (string, bool, error) {
	if d.definition == "" {
		return "", false, errs.New(errs.NotFound, "no_such_domain", "no such domain")
	}
	return d.definition, true, nil
}

func (d *domains) Whole(ctx context.Context, ref libvirt.Ref) (string, error) {
	text, _, err := d.Definition(ctx, ref)
	return text, err
}

func (d *domains) Define(_ context.Context, xml string) (libvirt.Ref, error) {
	d.definition = xml
	return d.ref, nil
}

func (d *domains) Drop(context.Context, libvirt.Ref) error {
	if d.onDrop != nil {
		d.onDrop()
	}
	if d.refuses {
		return errs.New(errs.Conflict, "has_snapshots", "the domain has snapshots")
	}
	d.definition = ""
	return nil
}

const adoptedUUID = "7d5e1c9a-3b4f-4e2a-9c1d-0123456789ab"

// adopt makes the rows of a VM with a disk that is to come from a file, and begins the operation, as the hook of the action does.
func (p *pool) adopt(ref libvirt.Ref, definition, from, format string) (op, vm, drive int64) {
	p.t.Helper()
	digest := sha256.Sum256([]byte(definition))
	p.update(func(tx *store.Tx) error {
		made, err := store.Create(tx, compute.VMSet{}.Name(ref.Name))
		if err != nil {
			return err
		}
		row, err := store.GetRow[compute.VM](tx, made)
		if err != nil {
			return err
		}
		if err := store.Write(tx, row.Machine, compute.MachineSet{}.UUID(ref.UUID)); err != nil {
			return err
		}
		disk, err := store.Create(tx, compute.MachineDriveSet{}.Name("disk").Machine(row.Machine).Media("disk").CloneOf(compute.ByImport))
		if err != nil {
			return err
		}
		vm, drive = row.Key, disk.Int()
		op, err = operation.Begin(tx, operation.Request{
			Object: fmt.Sprintf("vms/%d", vm), Queue: operation.MachineQueue(row.Machine),
			Params: compute.VMAdopt{
				VM: vm, Machine: row.Machine, Name: ref.Name, UUID: ref.UUID, Digest: hex.EncodeToString(digest[:]),
				Disks: []compute.AdoptDisk{{Drive: drive, From: from, Format: format}},
			},
		})
		return err
	})
	return op, vm, drive
}

// TestAdopt: the disk's content comes, byte for byte, and nothing is guessed from it; the domain goes. Where anything stands in the way, all is as before.
func TestAdopt(t *testing.T) {
	t.Parallel()
	raw := append([]byte("QFI\xfb\x00\x00\x00\x03 looks like another format"), make([]byte, 1<<20)...)[:1<<20]
	for name, one := range map[string]struct {
		format string
		set    func(d *domains, disk string)
		done   bool
	}{
		"raw":           {"raw", func(*domains, string) {}, true},
		"qcow2":         {"qcow2", func(*domains, string) {}, true},
		"said wrong":    {"qcow2", func(_ *domains, disk string) { _ = os.WriteFile(disk, raw[100:], 0o600) }, false},
		"runs":          {"raw", func(d *domains, _ string) { d.state = libvirt.Running }, false},
		"has snapshots": {"raw", func(d *domains, _ string) { d.refuses = true }, false},
		"no disk":       {"raw", func(_ *domains, disk string) { _ = os.Remove(disk) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPool(t)
			d := &domains{ref: libvirt.Ref{Name: "legacy", UUID: adoptedUUID}, definition: "<domain/>", state: libvirt.Off}
			p.cfg.Domains = d
			disk := filepath.Join(t.TempDir(), "disk")
			if err := os.WriteFile(disk, raw, 0o600); err != nil {
				t.Fatal(err)
			}
			if one.format == "qcow2" {
				if out, err := exec.CommandContext(t.Context(), "qemu-img", "convert", "-f", "raw", "-O", "qcow2", disk, disk+".2").CombinedOutput(); err != nil {
					t.Fatalf("%v %s", err, out)
				}
				if err := os.Rename(disk+".2", disk); err != nil {
					t.Fatal(err)
				}
			}
			one.set(d, disk)
			before, _ := os.Stat(disk)
			op, vm, drive := p.adopt(d.ref, d.definition, disk, one.format)
			p.start()
			p.await("the end of the adoption", func() bool { return p.operation(op).Ended != 0 })
			row := p.operation(op)
			if (row.Status == operation.Complete) != one.done || (d.definition == "") != one.done {
				t.Errorf("it ended as %s (%s), with the definition %q", row.Status, row.StatusInfo, d.definition)
			}
			if after, _ := os.Stat(disk); before != nil && (after == nil || after.Mode() != before.Mode() || after.ModTime() != before.ModTime()) {
				t.Errorf("the domain's file was %v and is %v", before, after)
			}
			if !one.done {
				p.await("the VM is gone", func() bool { return p.count("vms") == 0 })
				if left, err := filepath.Glob(filepath.Join(p.dir, "pools", "*", adoptedUUID, "*")); err != nil || len(left) > 0 {
					t.Errorf("%v is left: %v", left, err)
				}
				return
			}
			place := block.DrivePath(p.dir, p.driveRow(drive).PreferredTier, adoptedUUID, layer.Head(p.driveRow(drive)))
			copied := filepath.Join(t.TempDir(), "raw")
			if out, err := exec.CommandContext(t.Context(), "qemu-img", "convert", "-O", "raw", place, copied).CombinedOutput(); err != nil {
				t.Fatalf("%v %s", err, out)
			}
			if got, err := os.ReadFile(copied); err != nil || string(got) != string(raw) {
				t.Errorf("the disk holds other bytes: %v", err)
			}
			if s := p.status(drive); !s.Ready || p.driveRow(drive).CloneOf != 0 || p.driveRow(drive).Disksize != 1<<20 || vm == 0 {
				t.Errorf("the drive is %+v, %+v", s, p.driveRow(drive))
			}
		})
	}
}
