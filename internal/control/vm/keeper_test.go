package vm_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/control/vm"
	"dewpoint/internal/errs"
	"dewpoint/internal/host/domxml"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/operation"
	"dewpoint/internal/space"
	"dewpoint/test/rig"
)

// keeperVariable holds the order of a process that keeps the machines of a database until it is killed.
const keeperVariable = "DEWPOINT_VM_KEEPER"

// keeperOrder is what such a process is to do.
type keeperOrder struct {
	rig.Place
	Instance string
	Point    string        // at which it ends by a kill; "" for none
	Fail     bool          // what is plugged in counts as refused
	Boot     string        // the id of the host's boot; "" for the true one
	Patience time.Duration // that a guest is waited for; 0 for that of the server
}

// keepMachines keeps the machines and runs their operations. It returns only where it can't.
func keepMachines() int {
	var o keeperOrder
	if err := json.Unmarshal([]byte(os.Getenv(keeperVariable)), &o); err != nil {
		return complain(err)
	}
	ctx := context.Background()
	db, err := o.Open()
	if err != nil {
		return complain(err)
	}
	bootID, err := vm.ReadBootID()
	if err != nil {
		return complain(err)
	}
	if o.Boot != "" {
		bootID = o.Boot
	}
	log, host := slog.New(slog.DiscardHandler), &killer{Client: libvirt.New("", ""), order: o}
	rows := vm.NewStoreRows(db, nil, o.Dir, o.Instance, 0)
	queue := loop.NewQueue(log)
	cfg := vm.Config{Instance: o.Instance, DataDir: o.Dir, Accelerator: "qemu", BootID: bootID, Firmware: domxml.DebianFirmware}
	machines := queue.Loop(vm.New(cfg, rows, host, queue, log), time.Second)
	works := &vm.Works{
		Instance: o.Instance, DataDir: o.Dir, DB: db, Host: host, Space: space.New(db, space.Limits{}), Rows: rows, Patience: o.Patience,
		ReleaseDir: releaseDir(o.Dir), Node: func() (vm.Config, error) { return cfg, nil },
	}
	var operations *loop.Loop
	operations = loop.NewQueue(log).Loop(operation.New(db, 0, vm.Operations(works), func() { operations.Wake() }, log), 100*time.Millisecond)
	go func() { _ = machines.Run(ctx) }()
	return complain(operations.Run(ctx))
}

// releaseDir is the folder that released VMs go to.
func releaseDir(dir string) string { return filepath.Join(dir, "released") }

func complain(err error) int {
	fmt.Fprintln(os.Stderr, err)
	return 1
}

// killer is libvirt for a process that ends at a point of its work.
type killer struct {
	*libvirt.Client
	order keeperOrder
}

func (k *killer) at(point string) {
	if k.order.Point == point {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {}
	}
}

func (k *killer) Attach(ctx context.Context, ref libvirt.Ref, xml string) error {
	k.at("attach begins")
	err := k.Client.Attach(ctx, ref, xml)
	k.at("attached")
	if err == nil && k.order.Fail {
		err = errs.New(errs.Invalid, "refused", "this is refused in a test")
	}
	return err
}

func (k *killer) Drop(ctx context.Context, ref libvirt.Ref) error {
	k.at("drop begins")
	err := k.Client.Drop(ctx, ref)
	k.at("dropped")
	return err
}

func (k *killer) Define(ctx context.Context, xml string) (libvirt.Ref, error) {
	k.at("define begins")
	ref, err := k.Client.Define(ctx, xml)
	k.at("defined")
	if err == nil && k.order.Fail {
		err = errs.New(errs.Invalid, "refused", "this is refused in a test")
	}
	return ref, err
}

func (k *killer) Detach(ctx context.Context, ref libvirt.Ref, xml string) error {
	k.at("detach begins")
	err := k.Client.Detach(ctx, ref, xml)
	k.at("detached")
	return err
}

func (k *killer) Switch(ctx context.Context, ref libvirt.Ref, s libvirt.Switch) (time.Duration, error) {
	k.at("switch begins")
	pause, err := k.Client.Switch(ctx, ref, s)
	k.at("switched")
	return pause, err
}

func (k *killer) Merge(ctx context.Context, ref libvirt.Ref, top, base string, tell func(float64)) error {
	k.at("merge begins")
	err := k.Client.Merge(ctx, ref, top, base, tell)
	k.at("merged")
	return err
}

func (k *killer) Destroy(ctx context.Context, ref libvirt.Ref) error {
	k.at("cut begins")
	err := k.Client.Destroy(ctx, ref)
	k.at("cut")
	return err
}

func (k *killer) Grow(ctx context.Context, ref libvirt.Ref, path string, bytes uint64) error {
	k.at("grow begins")
	err := k.Client.Grow(ctx, ref, path, bytes)
	k.at("grown")
	return err
}
