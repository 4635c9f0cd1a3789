// Package stats measures running VMs, and keeps the history of what they and the nodes use.
package stats

import (
	"context"
	"log/slog"
	"time"

	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/mark"
	"dewpoint/internal/model/cluster"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Host is what the controller asks of libvirt.
type Host interface {
	// Loads returns what the running domains whose names begin with prefix have used.
	Loads(ctx context.Context, prefix string) ([]libvirt.Load, error)
}

// Config is what the controller is made of.
type Config struct {
	DB      *store.DB
	Host    Host
	Carried Carried // nil: nothing is told of routers
	Log     *slog.Logger
	// Instance is the database's id: our mark on domains.
	Instance string
	// Node is the key of the node this is.
	Node int64
}

// Controller is the reconciler "stats".
type Controller struct {
	Config
	before  map[int64]sample // the last look at each running machine
	parts   parts            // and at what it has
	kept    time.Time        // when figures last went to the history
	greeted map[int64]bool   // machines that were seen twice; nil before the first pass
	first   []schema.Value   // those of them that were seen twice in this pass
}

// New makes the controller.
func New(c Config) *Controller { return &Controller{Config: c} }

// Name implements loop.Reconciler.
func (c *Controller) Name() string { return "stats" }

// Reconcile looks at the running VMs and writes down what changed. A pass that finds nothing new takes no lock.
func (c *Controller) Reconcile(ctx context.Context) error {
	loads, err := c.Host.Loads(ctx, c.prefix())
	if err != nil {
		return err
	}
	at := c.DB.Now()
	samples := c.samples(loads, at)
	carried, err := c.carried()
	if err != nil {
		return err
	}
	var now parts
	var steps []func(*store.Tx) error
	err = c.DB.View(ctx, func(tx *store.Tx) error {
		s, err := read(tx, c.Node, samples)
		if err != nil {
			return err
		}
		steps = stepsOf(diff(s, samples, c.before))
		if now, err = partsOf(tx, mark.Instance(c.Instance), samples); err != nil {
			return err
		}
		if err := now.routers(tx, mark.Instance(c.Instance), carried, at); err != nil {
			return err
		}
		more, err := now.changes(tx, c.Node, c.parts)
		steps = append(steps, more...)
		return err
	})
	if err != nil {
		return err
	}
	if err := c.write(ctx, steps); err != nil {
		return err
	}
	c.greet(samples)
	c.before, c.parts = samples, now
	return c.keep(ctx)
}

func (c *Controller) prefix() string { return mark.Instance(c.Instance).Domains() }

// sample is a look at a running machine.
type sample struct {
	libvirt.Load
	at time.Time
}

// samples finds the machines by our mark in the domains' names.
func (c *Controller) samples(loads []libvirt.Load, at time.Time) map[int64]sample {
	found := make(map[int64]sample, len(loads))
	for _, l := range loads {
		if key, ok := mark.Key(l.Name, c.prefix()); ok {
			found[key] = sample{l, at}
		}
	}
	return found
}

// state is the rows that a pass looks at.
type state struct {
	cores int64            // of the node
	vms   []*schema.Record // of machine_stats: VMs that run, or did at the look before
}

func read(tx *store.Tx, node int64, samples map[int64]sample) (s state, err error) {
	n, err := store.GetRow[cluster.Node](tx, node)
	if err != nil {
		return s, err
	}
	s.cores = n.Cores
	running := make([]schema.Value, 0, len(samples))
	for key := range samples {
		running = append(running, schema.IntValue(key))
	}
	isVM := store.KeyWithin("machines", store.Is(compute.MachineCol.Type, "vm"))
	if s.vms, err = tx.Find("machine_stats", isVM, store.Key(running...)); err != nil {
		return s, err
	}
	// Those that run on another node are measured there.
	here := store.KeyWithin("machine_status", store.IsOrNull(compute.MachineStatusCol.Node, node))
	measured, err := tx.Find("machine_stats", isVM, here, store.IsNot(compute.MachineStatsCol.VramUsed, -1))
	if err != nil {
		return s, err
	}
	for _, r := range measured {
		if _, runs := samples[r.Key.Int()]; !runs {
			s.vms = append(s.vms, r)
		}
	}
	return s, nil
}
