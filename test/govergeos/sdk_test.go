// Package govergeos drives the server with the official Go SDK of the table API, unmodified. It is a module of its own, so that the SDK is no
// dependency of the program; test/contract starts the server and runs it.
package govergeos

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	vergeos "github.com/verge-io/govergeos"
)

// connect makes a client from the variables that the SDK itself knows.
func connect(t *testing.T) (*vergeos.Client, context.Context) {
	t.Helper()
	if os.Getenv("VERGEOS_HOST") == "" {
		t.Skip("no server: VERGEOS_HOST is not set; test/contract sets it")
	}
	c, err := vergeos.NewClient(vergeos.WithEnvConfig())
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return c, ctx
}

func TestVM(t *testing.T) {
	c, ctx := connect(t)
	vm, err := c.VMs.Create(ctx, &vergeos.VMCreateRequest{Name: "go-sdk", Description: "first", CPUCores: 2, RAM: 2048})
	if err != nil {
		t.Fatal(err)
	}
	if vm.Name != "go-sdk" || vm.CPUCores != 2 || vm.RAM != 2048 || vm.PowerState || vm.Machine == 0 {
		t.Errorf("created: %+v", vm)
	}
	drive, err := c.VMDrives.Create(ctx, int(vm.Machine), &vergeos.VMDriveCreateRequest{Name: "disk", Interface: "virtio-scsi", Media: "disk", SizeGB: 1})
	if err != nil {
		t.Fatal(err)
	}
	if drive.SizeGB != 1 || drive.Machine != int(vm.Machine) {
		t.Errorf("drive: %+v", drive)
	}
	network, err := c.Networks.Create(ctx, &vergeos.NetworkCreateRequest{Name: "go-sdk-lan", Network: "10.98.0.0/24"})
	if err != nil {
		t.Fatal(err)
	}
	nic, err := c.VMNICs.Create(ctx, int(vm.Machine), &vergeos.VMNICCreateRequest{Name: "nic", Interface: "virtio", VNET: int(network.ID)})
	if err != nil {
		t.Fatal(err)
	}
	if nic.MAC == "" || nic.VNET != network.ID {
		t.Errorf("NIC: %+v", nic)
	}
	lists(t, ctx, c, vm)
	renamed := "go-sdk-2"
	if vm, err = c.VMs.Update(ctx, int(vm.ID), &vergeos.VMUpdateRequest{Name: &renamed}); err != nil || vm.Name != renamed {
		t.Errorf("update: %+v, %v", vm, err)
	}
	made(t, ctx, c, int(drive.ID))
	for what, remove := range map[string]func() error{
		"NIC":   func() error { return c.VMNICs.Delete(ctx, int(nic.ID)) },
		"drive": func() error { return c.VMDrives.Delete(ctx, int(drive.ID)) },
	} {
		if err := remove(); err != nil {
			t.Errorf("deleting the %s: %v", what, err)
		}
	}
	if err := c.VMs.Delete(ctx, int(vm.ID)); err != nil {
		t.Error(err)
	}
	if err := c.Networks.Delete(ctx, int(network.ID)); err != nil {
		t.Error(err)
	}
	if _, err := c.VMs.Get(ctx, int(vm.ID)); !vergeos.IsNotFoundError(err) {
		t.Errorf("the deleted VM: %v", err)
	}
}

// made waits until the disk is there: while it is being made the SDK takes it for one that a running VM uses.
func made(t *testing.T, ctx context.Context, c *vergeos.Client, drive int) {
	t.Helper()
	for ctx.Err() == nil {
		d, err := c.VMDrives.Get(ctx, drive)
		if err != nil {
			t.Fatal(err)
		}
		if d.PowerState == "offline" {
			return
		}
		time.Sleep(50 * time.Millisecond) // between two looks
	}
	t.Error("the disk was never made")
}

// lists finds the VM and what belongs to it again.
func lists(t *testing.T, ctx context.Context, c *vergeos.Client, vm *vergeos.VM) {
	t.Helper()
	vms, err := c.VMs.List(ctx, vergeos.WithFilter("name eq 'go-sdk'"))
	if err != nil || len(vms) != 1 || vms[0].ID != vm.ID {
		t.Errorf("VMs: %+v, %v", vms, err)
	}
	if drives, err := c.VMDrives.List(ctx, int(vm.Machine)); err != nil || len(drives) != 1 {
		t.Errorf("drives: %+v, %v", drives, err)
	}
	if nics, err := c.VMNICs.List(ctx, int(vm.Machine)); err != nil || len(nics) != 1 {
		t.Errorf("NICs: %+v, %v", nics, err)
	}
	if none, err := c.VMs.List(ctx, vergeos.WithFilter("name eq 'none'")); err != nil || len(none) != 0 {
		t.Errorf("VMs of a name that nobody has: %+v, %v", none, err)
	}
}

func TestErrors(t *testing.T) {
	c, ctx := connect(t)
	if _, err := c.VMs.Get(ctx, 1<<30); !vergeos.IsNotFoundError(err) {
		t.Errorf("a missing VM: %v", err)
	}
	bad, err := vergeos.NewClient(vergeos.WithBaseURL(os.Getenv("VERGEOS_HOST")), vergeos.WithCredentials("admin", "wrong"), vergeos.WithInsecureTLS(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bad.VMs.List(ctx); !vergeos.IsAuthError(err) {
		t.Errorf("a wrong password: %v", err)
	}
}

func TestFile(t *testing.T) {
	c, ctx := connect(t)
	content := bytes.Repeat([]byte("0123456789abcdef"), 40000) // three chunks of the SDK
	path := filepath.Join(t.TempDir(), "go-sdk.raw")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := c.Files.UploadFromFile(ctx, path, &vergeos.FileCreateRequest{})
	if err != nil {
		t.Fatal(err)
	}
	body, _, err := c.Files.Download(ctx, int(file.ID))
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if got, err := io.ReadAll(body); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes came back, %v", len(got), err)
	}
	if err := c.Files.Delete(ctx, int(file.ID)); err != nil {
		t.Error(err)
	}
}

func TestSchema(t *testing.T) {
	c, ctx := connect(t)
	values, err := c.Schema.GetValidValues(ctx, "vms", "os_family")
	if err != nil || values["linux"] != "Linux" {
		t.Errorf("os_family: %v, %v", values, err)
	}
}
