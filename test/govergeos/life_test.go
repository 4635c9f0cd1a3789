package govergeos

import (
	"context"
	"testing"
	"time"

	vergeos "github.com/verge-io/govergeos"
)

// TestVMLife takes a VM through what people do with one: cloud-init, power on and wait, hotplug, snapshot, restore, clone, delete. The guest is QEMU with nothing to boot.
func TestVMLife(t *testing.T) {
	c, _ := connect(t)
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute) // the SDK looks every few seconds
	defer cancel()
	vm, err := c.VMs.Create(ctx, &vergeos.VMCreateRequest{
		Name: "go-sdk-life", CPUCores: 1, RAM: 256, CloudInitDataSource: "nocloud",
		CloudInitFiles: []vergeos.CloudInitFileRef{{Name: "user-data", Contents: "#cloud-config\nhostname: go-sdk\n"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	file, err := c.CloudInitFiles.GetByName(ctx, "user-data")
	if err != nil || file.Contents != "#cloud-config\nhostname: go-sdk\n" {
		t.Errorf("its file for cloud-init: %+v, %v", file, err)
	}
	first := disk(t, ctx, c, vm, "first", true)
	must(t, "powering on", c.VMs.PowerOn(ctx, int(vm.ID)))
	second := disk(t, ctx, c, vm, "second", false)
	on := true
	if _, err := c.VMDrives.Update(ctx, second, &vergeos.VMDriveUpdateRequest{Enabled: &on}); err != nil {
		t.Errorf("enabling the second disk: %v", err)
	}
	must(t, "hotplug", c.VMDrives.HotplugDrive(ctx, int(vm.ID), second))
	must(t, "hot unplug", c.VMDrives.HotUnplugDrive(ctx, int(vm.ID), second))

	snapshot, err := c.VMSnapshots.Create(ctx, &vergeos.VMSnapshotCreateRequest{Machine: int(vm.Machine), Name: "before", ExpiresType: "never"})
	if err != nil {
		t.Fatal(err)
	}
	must(t, "powering off", c.VMs.PowerOff(ctx, int(vm.ID)))
	must(t, "restoring", c.VMSnapshots.Restore(ctx, int(snapshot.Key), &vergeos.VMSnapshotRestoreOptions{PowerOn: true}))
	awaited(t, ctx, "the VM runs again", func() (bool, error) {
		now, err := c.VMs.Get(ctx, int(vm.ID))
		return err == nil && now.PowerState, err
	})
	must(t, "powering off again", c.VMs.PowerOff(ctx, int(vm.ID)))

	must(t, "cloning", c.VMs.Clone(ctx, int(vm.ID), &vergeos.VMCloneOptions{Name: "go-sdk-clone"}))
	found, err := c.VMs.List(ctx, vergeos.WithFilter("name eq 'go-sdk-clone'"))
	if err != nil || len(found) != 1 {
		t.Fatalf("clones: %+v, %v", found, err)
	}
	clone := found[0]
	drives, err := c.VMDrives.List(ctx, int(clone.Machine))
	if err != nil || len(drives) != 2 {
		t.Fatalf("the clone's drives: %+v, %v", drives, err)
	}
	for _, d := range drives {
		if made(t, ctx, c, int(d.ID)); int(d.ID) == first || int(d.ID) == second {
			t.Errorf("the clone has the drive %d of the VM", d.ID)
		}
	}
	must(t, "powering the clone on", c.VMs.PowerOn(ctx, int(clone.ID)))
	must(t, "powering the clone off", c.VMs.PowerOff(ctx, int(clone.ID)))
	must(t, "deleting the snapshot", c.VMSnapshots.Delete(ctx, int(snapshot.Key)))
	for _, key := range []int{int(clone.ID), int(vm.ID)} {
		must(t, "deleting", c.VMs.Delete(ctx, key))
		if _, err := c.VMs.Get(ctx, key); !vergeos.IsNotFoundError(err) {
			t.Errorf("the deleted VM: %v", err)
		}
	}
}

// disk makes a disk of 1 GB, and returns once it is there.
func disk(t *testing.T, ctx context.Context, c *vergeos.Client, vm *vergeos.VM, name string, enabled bool) int {
	t.Helper()
	d, err := c.VMDrives.Create(ctx, int(vm.Machine), &vergeos.VMDriveCreateRequest{Name: name, Interface: "virtio-scsi", Media: "disk", SizeGB: 1, Enabled: &enabled})
	if err != nil {
		t.Fatal(err)
	}
	made(t, ctx, c, int(d.ID))
	return int(d.ID)
}

func must(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// awaited looks until something is so.
func awaited(t *testing.T, ctx context.Context, what string, look func() (bool, error)) {
	t.Helper()
	var err error
	for ctx.Err() == nil {
		var is bool
		if is, err = look(); is {
			return
		}
		time.Sleep(50 * time.Millisecond) // between two looks
	}
	t.Fatalf("waited in vain: %s (%v)", what, err)
}
