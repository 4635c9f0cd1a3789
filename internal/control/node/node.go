// Package node keeps the rows that say what this host is: its node with its machine, the cluster, the storage tiers with their sizes,
// the system row and the settings, what they use, and the host's devices. It reads /proc and /sys and asks nobody else, but for what its Probe knows.
package node

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"
	"strconv"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/model/cluster"
	"dewpoint/internal/store"
)

// Probe is what the controller wants to know of the drivers.
type Probe interface {
	// Accelerator runs the self-test: "kvm" or "qemu", and why.
	Accelerator(ctx context.Context) (accelerator, reason string)
	// QEMU returns what is known of the QEMU that guests run by.
	QEMU(ctx context.Context) (QEMU, error)
	// Answers returns why the hypervisor can't be asked for anything now; nil when it can.
	Answers(ctx context.Context) error
}

// QEMU is the one that guests run by.
type QEMU struct {
	Version      string   // as in "7.2.9"; "" while it is unknown
	MachineTypes []string // that it has, aliases included
	CPUModels    []string // that it has by name
}

// Config is what the controller is made of.
type Config struct {
	DB    *store.DB
	Probe Probe
	Log   *slog.Logger
	// Root is the host's file system, normally os.DirFS("/").
	Root fs.FS
	// Data is the data directory; the pool of tier N lies in its pools/N.
	Data string
	// Version is ours; TableVersion is what the table API says it is ("26.0.0.1"): its clients refuse other major versions.
	Version, TableVersion string
	// Bound is told how many connections clients may hold open, 0 for any number; nil when nobody wants to know.
	Bound func(most int64)
	// Accelerator overrules the setting of that name and the self-test; "" doesn't.
	Accelerator string
}

// Identity is what names this host and this database, for whatever puts marks on things.
type Identity struct {
	Node, Cluster int64
	Instance      string // four hex digits
	// Keeper is empty when the machines, networks, disks and files of this database are this server's to keep, and else the name of the host
	// whose server does.
	Keeper string
}

// Controller is the reconciler "node".
type Controller struct {
	Config
	probed  *probed     // nil until Examine: the node keeps what it knew before
	trouble string      // why the node isn't well; empty when it is, or nobody asked yet
	load    *load       // of the pass before; nil at first
	disks   *diskSample // likewise
	names   names
}

// probed is what the probe said; a new QEMU or another answer of KVM takes a restart to be seen. The version is asked for at each pass
// until there is one: the hypervisor may start later than we do.
type probed struct {
	accelerator, reason string
	qemu                QEMU
}

// New makes the controller; Ensure must run before Reconcile.
func New(c Config) *Controller { return &Controller{Config: c} }

// Name implements loop.Reconciler.
func (c *Controller) Name() string { return "node" }

// Ensure makes the first pass, so that every row is there before the first request. It asks no driver: that would make the start wait.
func (c *Controller) Ensure(ctx context.Context) (Identity, error) { return c.pass(ctx) }

// Examine probes the host, which may take minutes when QEMU is new to libvirt, brings the node's row up to date, and returns the
// accelerator to use. No pass may run beside it.
func (c *Controller) Examine(ctx context.Context) (accelerator string, err error) {
	var p probed
	p.accelerator, p.reason = c.Probe.Accelerator(ctx)
	c.probed = &p
	if err := c.askVersion(ctx); err != nil {
		c.Log.Warn("the version of QEMU is unknown", "err", err)
	}
	c.listen(ctx)
	id, err := c.pass(ctx)
	if err != nil {
		return "", err
	}
	err = c.DB.View(ctx, func(tx *store.Tx) error {
		node, err := store.GetRow[cluster.Node](tx, id.Node)
		accelerator = node.Accelerator
		return err
	})
	return accelerator, err
}

// Reconcile implements loop.Reconciler.
func (c *Controller) Reconcile(ctx context.Context) error {
	if c.probed != nil && c.probed.qemu.Version == "" {
		if err := c.askVersion(ctx); err != nil {
			c.Log.Debug("the version of QEMU is still unknown", "err", err)
		}
	}
	c.listen(ctx)
	_, err := c.pass(ctx)
	return err
}

// listen finds out what is wrong with the hypervisor, and says so when that is something else than before.
func (c *Controller) listen(ctx context.Context) {
	trouble := ""
	err := c.Probe.Answers(ctx)
	if err != nil && ctx.Err() == nil {
		trouble = errs.Shown(err)
	}
	switch {
	case trouble == c.trouble:
	case trouble == "":
		c.Log.Info("guests can run again")
	default:
		c.Log.Warn("guests can't run", "err", err)
	}
	c.trouble = trouble
}

func (c *Controller) askVersion(ctx context.Context) (err error) {
	c.probed.qemu, err = c.Probe.QEMU(ctx)
	return err
}

func (c *Controller) pass(ctx context.Context) (Identity, error) {
	facts, err := readFacts(c.Root)
	if err != nil {
		return Identity{}, fmt.Errorf("reading the host's facts: %w", err)
	}
	if facts.machineID, err = machineID(c.Root, c.Data); err != nil {
		return Identity{}, err
	}
	if facts.serverID, err = serverID(c.Data); err != nil {
		return Identity{}, err
	}
	if facts.load, err = readLoad(c.Root); err != nil {
		return Identity{}, fmt.Errorf("reading the host's load: %w", err)
	}
	facts.disks = readDisks(c.Root, time.Now())
	if facts.devices, err = readDevices(c.Root); err != nil {
		return Identity{}, fmt.Errorf("reading the host's devices: %w", err)
	}
	pools, err := findPools(c.Data)
	if err != nil {
		return Identity{}, err
	}
	var id Identity
	err = c.DB.Update(ctx, func(tx *store.Tx) error {
		id, err = c.write(tx, facts, pools)
		return err
	})
	if err == nil {
		c.load, c.disks = &facts.load, &facts.disks
	}
	return id, err
}

// write brings all rows in line with the facts, those first that others point at.
func (c *Controller) write(tx *store.Tx, f facts, pools []pool) (id Identity, err error) {
	settings, err := ensureSettings(tx, f.hostname)
	if err != nil {
		return id, err
	}
	if most, err := strconv.ParseInt(settings[maxConnections], 10, 64); err == nil && c.Bound != nil {
		c.Bound(most)
	}
	if id.Instance, id.Keeper, err = c.ensureSystem(tx, f, settings["cloud_name"]); err != nil {
		return id, err
	}
	if id.Cluster, err = ensureCluster(tx); err != nil {
		return id, err
	}
	if id.Keeper != "" {
		id.Node, err = c.ensureHelper(tx, f, id)
		return id, err
	}
	if id.Node, err = c.ensureNode(tx, f, id.Cluster, settings["accelerator"], c.health()); err != nil {
		return id, err
	}
	if err := c.ensureDevices(tx, id.Node, f.devices); err != nil {
		return id, err
	}
	if err := c.ensureTiers(tx, id.Cluster, pools, f.disks); err != nil {
		return id, err
	}
	return id, c.writeLoad(tx, id, f)
}
