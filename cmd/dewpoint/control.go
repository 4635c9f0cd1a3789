package main

import (
	"context"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"dewpoint/internal/control/alarm"
	"dewpoint/internal/control/foreign"
	"dewpoint/internal/control/guest"
	"dewpoint/internal/control/loop"
	"dewpoint/internal/control/retention"
	"dewpoint/internal/control/schedule"
	"dewpoint/internal/control/stats"
	"dewpoint/internal/control/storage"
	"dewpoint/internal/control/vm"
	"dewpoint/internal/control/vnet"
	"dewpoint/internal/host/domxml"
	"dewpoint/internal/host/link"
	"dewpoint/internal/mark"
	"dewpoint/internal/operation"
	"dewpoint/internal/tables/compute"
	"dewpoint/internal/tables/tasks"
)

// keeperLock is held by the server that runs the controllers.
const keeperLock = "keeper"

// keep runs all that must run once for a database, until ctx ends: the controllers, and the upkeep of files. A server that isn't the keeper runs
// none of it. The lock is for copies of a data directory, which all take themselves for the keeper.
func (n *node) keep(ctx context.Context) error {
	if n.identity.Keeper != "" {
		n.log.Warn("this server only answers requests; another one manages the machines, networks, disks and files of the database", "keeper", n.identity.Keeper)
		return nil
	}
	waiting := func() {
		n.log.Warn("this server only answers requests until another one with the same server-id in its data directory has ended")
	}
	return n.db.Hold(ctx, keeperLock, waiting, func(ctx context.Context) error {
		group, ctx := errgroup.WithContext(ctx)
		group.Go(func() error { return n.dir.Run(ctx) })
		group.Go(func() error { return loop.Keep(ctx, n.areas(ctx), n.bus, n.log) })
		return group.Wait()
	})
}

// areas lists all that this server keeps as the rows wish it. Leases and events of libvirt nudge, so the times between passes only bound how
// long a nudge that got lost matters.
func (n *node) areas(ctx context.Context) []loop.Area {
	ready := n.readiness(ctx)
	return []loop.Area{
		{Every: 5 * time.Second, Make: n.vnets}, // a rule that somebody took away by hand is back by then
		{Every: 10 * time.Second, Make: n.vms(ready)},
		{Every: 15 * time.Second, Make: after(ready, n.host)},
		{Every: 15 * time.Second, Make: after(ready, stats.New(stats.Config{
			DB: n.db, Host: n.client, Carried: link.Carried, Log: n.log, Instance: n.identity.Instance, Node: n.identity.Node,
		}))},
		{Every: 10 * time.Second, Make: n.guests},
		{Every: 10 * time.Second, Make: after(ready, foreign.New(foreign.Config{DB: n.db, Host: n.client, Log: n.log, Node: n.identity.Node}))},
		{Every: 10 * time.Second, Make: n.drives}, // which also brings used_bytes up to date
		{Every: 10 * time.Second, Make: n.operations(ready)},
		{Every: time.Minute, Make: loop.Made(alarm.New(n.db, n.log))},
		{Every: 10 * time.Second, Make: loop.Made(vm.NewExpiry(n.db, n.log))},
		{Every: time.Second, Make: loop.Made(schedule.New(n.db, tasks.NewRunner(n.db, n.engine), compute.NewTaker(n.engine), n.log))}, // a schedule names seconds
		{Every: time.Minute, Make: loop.Made(n.keeper)},
		{Every: time.Minute, Make: loop.Made(n.backups)},
		{Every: 10 * time.Minute, Make: loop.Made(retention.New(n.db, n.log))},
		{Every: 10 * time.Minute, Make: loop.Made(n.library), Woken: "storage"},
	}
}

// readiness waits until the host was examined, and returns by what its guests run.
type readiness = func() (accelerator string, err error)

// readiness examines the host once it is asked, and again after a failure.
func (n *node) readiness(ctx context.Context) readiness {
	var mu sync.Mutex
	var examined bool
	var accelerator string
	return func() (string, error) {
		mu.Lock()
		defer mu.Unlock()
		if examined {
			return accelerator, nil
		}
		found, err := n.ready(ctx)
		accelerator, examined = found, err == nil
		return found, err
	}
}

// after is the Make of an area that makes no pass before the host was examined.
func after(ready readiness, r loop.Reconciler) func(context.Context, *loop.Queue) (loop.Reconciler, error) {
	return func(context.Context, *loop.Queue) (loop.Reconciler, error) {
		_, err := ready()
		return r, err
	}
}

func (n *node) vms(ready readiness) func(context.Context, *loop.Queue) (loop.Reconciler, error) {
	return func(_ context.Context, q *loop.Queue) (loop.Reconciler, error) {
		cfg, err := n.hardware(ready)
		if err != nil {
			return nil, err
		}
		return vm.New(cfg, n.machines().Relayed(n.relay), n.client, q, n.log), nil
	}
}

// hardware is what domains are made for.
func (n *node) hardware(ready readiness) (vm.Config, error) {
	bootID, err := vm.ReadBootID()
	if err != nil {
		return vm.Config{}, err
	}
	accelerator, err := ready()
	return vm.Config{
		Instance: n.identity.Instance, DataDir: n.cfg.Data, Accelerator: accelerator, BootID: bootID, Firmware: domxml.DebianFirmware,
		CPUFlaws: n.cpu.Flaws, NoHostCPU: n.cpu.Refused,
		Strays: n.keeper.Domains,
	}, err
}

func (n *node) machines() *vm.StoreRows {
	return vm.NewStoreRows(n.db, n.auth, n.cfg.Data, n.identity.Instance, n.identity.Node)
}

func (n *node) vnets(_ context.Context, q *loop.Queue) (loop.Reconciler, error) {
	bootID, err := vm.ReadBootID()
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(n.cfg.Data, "vnets")
	return vnet.New(vnet.Config{
		Instance: n.identity.Instance, Dir: dir, Rows: vnet.NewStoreRows(n.db, n.identity.Node, bootID),
		Host: vnet.NewLinux(n.identity.Instance, dir), Queue: q, Now: time.Now, Log: n.log,
	}), nil
}

// kinds lists the operations that areas have.
func (n *node) kinds(ready readiness) []operation.Kind {
	return slices.Concat(storage.Operations(n.disks()), vm.Operations(&vm.Works{
		Instance: n.identity.Instance, DataDir: n.cfg.Data, DB: n.db, Host: n.client, Space: n.space, Rows: n.machines(),
		ReleaseDir: n.cfg.ReleaseDir, Node: func() (vm.Config, error) { return n.hardware(ready) },
	}), []operation.Kind{vm.Paste(mark.Instance(n.identity.Instance), n.client, n.auth)}, guest.Operations(&guest.Works{
		Instance: n.identity.Instance, Host: n.client, Secrets: n.auth,
	}))
}

func (n *node) guests(_ context.Context, q *loop.Queue) (loop.Reconciler, error) {
	return guest.New(guest.Config{
		DB: n.db, Host: n.client, Neighbours: link.Neighbours, Log: n.log, Instance: n.identity.Instance, Node: n.identity.Node,
	}, q), nil
}

func (n *node) operations(ready readiness) func(context.Context, *loop.Queue) (loop.Reconciler, error) {
	return func(_ context.Context, q *loop.Queue) (loop.Reconciler, error) {
		return operation.New(n.db, n.identity.Node, n.kinds(ready), q.Wake, n.log), nil
	}
}

func (n *node) drives(_ context.Context, q *loop.Queue) (loop.Reconciler, error) {
	return storage.New(n.disks(), q), nil
}

func (n *node) disks() storage.Config {
	return storage.Config{
		DataDir: n.cfg.Data, Rows: storage.NewStoreRows(n.db, n.cfg.Data, n.identity.Node), Keeper: n.keeper, Files: n.library, Space: n.space, Log: n.log, Merges: true, Domains: n.client,
	}
}
