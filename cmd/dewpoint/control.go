package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"

	"dewpoint/internal/config"
	"dewpoint/internal/control/alarm"
	"dewpoint/internal/control/loop"
	"dewpoint/internal/control/schedule"
	"dewpoint/internal/control/stats"
	"dewpoint/internal/control/storage"
	"dewpoint/internal/control/vm"
	"dewpoint/internal/control/vnet"
	"dewpoint/internal/host/accel"
	"dewpoint/internal/host/domxml"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/operation"
)

// How often a controller looks without being nudged. Leases and events nudge, so these only bound how long a lost nudge matters.
const (
	vnetLook  = 10 * time.Second
	alarmLook = time.Minute
	nodeLook  = 15 * time.Second
	mediaLook = 10 * time.Minute
	statsLook = 15 * time.Second

	operationLook  = 10 * time.Second
	quarantineLook = time.Minute
	backupLook     = time.Minute

	// A schedule names seconds. A look costs two reads of empty tables where there is none.
	scheduleLook = time.Second
)

// hypervisor is libvirt and the self-test of KVM.
type hypervisor struct {
	client *libvirt.Client
	log    *slog.Logger
}

func newHypervisor(cfg config.Config, log *slog.Logger) hypervisor {
	return hypervisor{client: libvirt.New(cfg.LibvirtSocket, ""), log: log}
}

func (h *hypervisor) close() { h.client.Close() }

// Accelerator implements node.Probe.
func (h *hypervisor) Accelerator(ctx context.Context) (accelerator, reason string) {
	result := accel.Test(ctx, "/dev/kvm")
	return result.Accelerator, result.Reason
}

// QEMUVersion implements node.Probe.
func (h *hypervisor) QEMUVersion(ctx context.Context) (string, error) {
	info, err := h.client.HostInfo(ctx)
	return info.QEMUVersion, err
}

// Answers implements node.Probe. It looks for domains that nobody has: any answer will do.
func (h *hypervisor) Answers(ctx context.Context) error {
	_, err := h.client.List(ctx, "dp-none-")
	return err
}

// keeperLock is held by the server that runs the controllers.
const keeperLock = "keeper"

// keep runs all that must run once for a database, until ctx ends: the controllers, and the upkeep of files. A server that isn't the keeper runs
// none of it. The lock is for copies of a data directory, which all take themselves for the keeper.
func (n *node) keep(ctx context.Context) error {
	if n.identity.Keeper != "" {
		n.log.Warn("this server only answers requests: another one keeps the machines, networks, disks and files of its database", "keeper", n.identity.Keeper)
		return nil
	}
	waiting := func() {
		n.log.Warn("this server only answers requests until another one with the same server-id in its data directory has ended")
	}
	return n.db.Hold(ctx, keeperLock, waiting, func(ctx context.Context) error {
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() error { return n.control(ctx) })
		group.Go(func() error { return n.keepFiles(ctx) })
		group.Go(func() error { return n.dir.Run(ctx) })
		group.Go(func() error { return n.keepQuarantine(ctx) })
		group.Go(func() error { return n.keepBackups(ctx) })
		return group.Wait()
	})
}

// keepFiles clears away deleted files and adds up new ones, until ctx ends.
func (n *node) keepFiles(ctx context.Context) error {
	l := loop.New(n.library, mediaLook, n.log)
	defer n.bus.OnWake("storage", l.Wake)()
	return l.Run(ctx)
}

// keepQuarantine looks after what no row stands for, until ctx ends.
func (n *node) keepQuarantine(ctx context.Context) error {
	l := loop.New(n.keeper, quarantineLook, n.log)
	defer n.bus.OnWake("quarantine", l.Wake)()
	return l.Run(ctx)
}

// control runs the controllers until ctx ends.
func (n *node) control(ctx context.Context) error {
	bootID, err := vm.ReadBootID()
	if err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return n.controlVnets(ctx, bootID) })
	group.Go(func() error { return n.controlStorage(ctx) })
	group.Go(func() error { return n.controlVMs(ctx, bootID) })
	group.Go(func() error { return n.controlOperations(ctx, nil) })
	group.Go(func() error { return n.controlAlarms(ctx) })
	group.Go(func() error {
		return loop.New(schedule.New(n.db, n.engine, n.log), scheduleLook, n.log).Run(ctx)
	})
	return group.Wait()
}

func (n *node) controlVnets(ctx context.Context, bootID string) error {
	dir := filepath.Join(n.cfg.Data, "vnets")
	var l *loop.Loop
	c := vnet.New(vnet.Config{
		Instance: n.identity.Instance, Dir: dir, Rows: vnet.NewStoreRows(n.db, n.identity.Node, bootID),
		Host: vnet.NewLinux(n.identity.Instance, dir), Wake: func() { l.Wake() }, Now: time.Now, Log: n.log,
	})
	l = loop.New(c, vnetLook, n.log)
	defer n.bus.OnWake("vnet", l.Wake)()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return c.Watch(ctx) })
	group.Go(func() error { return l.Run(ctx) })
	return group.Wait()
}

func (n *node) controlStorage(ctx context.Context) error {
	c := storage.New(n.cfg.Data, storage.NewStoreRows(n.db, n.identity.Node), n.keeper, n.space, n.log)
	defer n.bus.OnWake("storage", c.Wake)()
	return c.Run(ctx)
}

// controlOperations runs the kinds of operations until ctx ends, and returns when none of their steps runs any more.
func (n *node) controlOperations(ctx context.Context, kinds []operation.Kind) error {
	var l *loop.Loop
	runner := operation.New(n.db, n.identity.Node, kinds, func() { l.Wake() }, n.log)
	l = loop.New(runner, operationLook, n.log)
	defer n.bus.OnWake("operation", l.Wake)()
	defer runner.Wait()
	return l.Run(ctx)
}

func (n *node) controlAlarms(ctx context.Context) error {
	l := loop.New(alarm.New(n.db, n.log), alarmLook, n.log)
	defer n.bus.OnWake("alarm", l.Wake)()
	return l.Run(ctx)
}

// controlVMs starts libvirt when it doesn't run, finds out what guests run by, and then keeps the domains. Without libvirt it goes on: the
// controller waits for it.
func (n *node) controlVMs(ctx context.Context, bootID string) error {
	started, err := libvirt.EnsureRunning(ctx, n.cfg.LibvirtSocket)
	if err != nil {
		n.log.Error("guests wait until libvirt is there", "socket", n.cfg.LibvirtSocket, "err", err)
	} else if started {
		n.log.Info("libvirt was not running and has been started")
	}
	examined, err := n.host.Examine(ctx)
	if err != nil {
		return err
	}
	nodeLoop := loop.New(n.host, nodeLook, n.log)
	defer n.bus.OnWake("node", nodeLoop.Wake)()
	c := vm.New(vm.Config{
		Instance: n.identity.Instance, DataDir: n.cfg.Data, Accelerator: examined, BootID: bootID, Firmware: domxml.DebianFirmware,
		Strays: n.keeper.Domains,
	}, vm.NewStoreRows(n.db, n.auth, n.cfg.Data, n.identity.Instance, n.identity.Node), n.client, n.log)
	defer n.bus.OnWake("vm", c.Wake)()
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return nodeLoop.Run(ctx) })
	group.Go(func() error {
		c := stats.New(stats.Config{DB: n.db, Host: n.client, Log: n.log, Instance: n.identity.Instance, Node: n.identity.Node})
		return loop.New(c, statsLook, n.log).Run(ctx)
	})
	group.Go(func() error { return c.Run(ctx) })
	return group.Wait()
}
