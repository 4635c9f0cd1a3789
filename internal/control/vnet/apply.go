package vnet

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/mark"
)

// hostKey stands for the host as a whole where others are keyed by network; no row has it.
const hostKey = 0

// Controller is the reconciler of virtual networks.
type Controller struct {
	Config
	marks marks
}

// Config is what New needs.
type Config struct {
	Instance string // four hex digits
	Dir      string // absolute; holds one directory per network and nothing else
	Rows     Rows
	Host     Host
	Queue    *loop.Queue
	Now      func() time.Time
	Log      *slog.Logger
}

// New makes a controller; its queue makes the loop that runs it.
func New(c Config) *Controller {
	return &Controller{Config: c, marks: marks{mark.Instance(c.Instance), c.Dir}}
}

// Name returns "vnet".
func (c *Controller) Name() string { return "vnet" }

// Reconcile makes one pass: it closes the gap between the rows and the host, and reports each network's fact.
func (c *Controller) Reconcile(ctx context.Context) error {
	want, err := c.Rows.Wish(ctx)
	if err != nil {
		return fmt.Errorf("reading the networks' rows: %w", err)
	}
	c.nameFolders(ctx, want)
	folders := c.marks.folders(want)
	have, err := c.Host.Observe(ctx, folders)
	if err != nil {
		return fmt.Errorf("looking at the host's networks: %w", err)
	}
	plan := diff(want, have, c.marks)
	if c.apply(ctx, plan) {
		if have, err = c.Host.Observe(ctx, folders); err != nil {
			return fmt.Errorf("looking at the host's networks: %w", err)
		}
		plan = diff(settle(want), have, c.marks)
	}
	return c.Rows.Report(ctx, c.facts(want, have, plan))
}

// nameFolders gives the folders of networks that an older version made their ids, once. One that can't be renamed keeps its old name until the
// next pass.
func (c *Controller) nameFolders(ctx context.Context, want []Vnet) {
	for i := range want {
		v := &want[i]
		if v.ID != "" {
			continue
		}
		id, err := c.Host.NameFolder(ctx, v.Key)
		if err == nil {
			v.ID = id // the folder has this name now, whatever becomes of the row
			err = c.Rows.Name(ctx, v.Key, id)
		}
		if err != nil {
			c.Log.Warn("the folder of a network could not be marked with its id", "vnet", v.Key, "err", err)
		}
	}
}

// settle returns the wishes as they are after a pass: a restart is wanted once.
func settle(want []Vnet) []Vnet {
	out := make([]Vnet, len(want))
	for i, v := range want {
		v.Restart = false
		out[i] = v
	}
	return out
}

// apply takes the plan's steps and reports whether it took any. What fails rests; what doesn't depend on it goes on.
func (c *Controller) apply(ctx context.Context, plan Plan) (changed bool) {
	planned := make(map[int64]bool)
	var notReady error
	if len(plan.Before)+len(plan.After) > 0 {
		planned[hostKey] = true
	}
	if len(plan.Before) > 0 {
		changed = c.attempt(ctx, hostKey, plan.Before) || changed
		if fault, failed := c.Queue.Fault(hostKey); failed {
			notReady = fmt.Errorf("the host can't route for its networks: %w", fault.Err)
		}
	}
	for _, p := range plan.Vnets {
		planned[p.Key] = true
		switch {
		case p.Err != nil:
			c.Queue.Refuse(p.Key, p.Err)
		case notReady != nil && leadsOut(p.Steps):
			c.Queue.Refuse(p.Key, notReady)
		default:
			changed = c.attempt(ctx, p.Key, p.Steps) || changed
		}
	}
	if len(plan.After) > 0 {
		changed = c.attempt(ctx, hostKey, plan.After) || changed
	}
	c.Queue.ForgetOthers(planned) // nothing is left to do: whatever failed has been mended, or is wished no more
	return changed
}

// attempt takes the steps in order up to the first that fails, unless the object is resting after a failure.
func (c *Controller) attempt(ctx context.Context, key int64, steps []Step) (tried bool) {
	return c.Queue.Try(ctx, key, func(ctx context.Context) error {
		for _, s := range steps {
			if err := c.Host.Apply(ctx, s); err != nil {
				return fmt.Errorf("%s: %w", s.Verb, err)
			}
			c.tell(ctx, key, s)
		}
		return nil
	})
}

// tell notes a step in the log: one that mends what somebody has changed by hand, or a crash has left, as a warning.
func (c *Controller) tell(ctx context.Context, key int64, s Step) {
	if s.Mends {
		c.Log.WarnContext(ctx, "the rules on the host weren't as they were set; they are set again", "vnet", key, "step", s.String())
		return
	}
	c.Log.InfoContext(ctx, "changed the host", "vnet", key, "step", s.String())
}

func leadsOut(steps []Step) bool {
	for _, s := range steps {
		if s.Verb == SetWan {
			return true
		}
	}
	return false
}
