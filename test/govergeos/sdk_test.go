// Package govergeos drives the server with the official Go SDK of the table API, unmodified. It is a module of its own, so that the SDK is no
// dependency of the program; test/contract starts the server and runs it.
package govergeos

import (
	"bytes"
	"context"
	"fmt"
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

// TestReads has the SDK decode the rows of each table that it lists and a new system has something in.
func TestReads(t *testing.T) {
	c, ctx := connect(t)
	vm, err := c.VMs.Create(ctx, &vergeos.VMCreateRequest{Name: "go-sdk-read", CPUCores: 1, RAM: 512})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := c.VMs.Delete(ctx, int(vm.ID)); err != nil {
			t.Error(err)
		}
	}()
	if _, err := c.Tasks.Create(ctx, &vergeos.TaskCreateRequest{Owner: fmt.Sprintf("vms/%d", vm.ID), Table: "vms", Action: "poweron", Name: "go-sdk-on"}); err != nil {
		t.Error(err)
	}
	reads(t, "tasks", func() ([]vergeos.Task, error) { return c.Tasks.List(ctx) })
	reads(t, "clusters", func() ([]vergeos.Cluster, error) { return c.Clusters.List(ctx) })
	reads(t, "cluster tiers", func() ([]vergeos.ClusterTier, error) { return c.ClusterTiers.List(ctx) })
	reads(t, "storage tiers", func() ([]vergeos.StorageTier, error) { return c.StorageTiers.List(ctx) })
	reads(t, "loads of machines", func() ([]vergeos.MachineStats, error) { return c.MachineStats.List(ctx) })
	reads(t, "states of machines", func() ([]vergeos.MachineStatus, error) { return c.MachineStatus.List(ctx) })
	reads(t, "users", func() ([]vergeos.User, error) { return c.Users.List(ctx) })
	reads(t, "groups", func() ([]vergeos.Group, error) { return c.Groups.List(ctx) })
	reads(t, "members", func() ([]vergeos.Member, error) { return c.Members.List(ctx) })
	reads(t, "permissions", func() ([]vergeos.Permission, error) { return c.Permissions.List(ctx) })
	reads(t, "settings", func() ([]vergeos.Setting, error) { return c.Settings.List(ctx) })
	reads(t, "alarm types", func() ([]vergeos.AlarmType, error) { return c.AlarmTypes.List(ctx) })
	reads(t, "logs", func() ([]vergeos.Log, error) { return c.Logs.List(ctx) })
	for _, n := range reads(t, "nodes", func() ([]vergeos.Node, error) { return c.Nodes.List(ctx) }) {
		if _, err := c.Nodes.Get(ctx, int(n.ID)); err != nil {
			t.Errorf("node %v: %v", n.ID, err)
		}
	}
}

// reads lists rows, of which there must be some.
func reads[T any](t *testing.T, what string, list func() ([]T, error)) []T {
	t.Helper()
	rows, err := list()
	if err != nil || len(rows) == 0 {
		t.Errorf("%s: %d rows, %v", what, len(rows), err)
	}
	return rows
}
