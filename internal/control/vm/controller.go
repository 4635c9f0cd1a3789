package vm

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"time"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/host/domxml"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/mark"
)

// maxStarts bounds how many domains are started at the same time: each start runs a process that claims its memory.
const maxStarts = 4

// Config is what a controller is told of its node.
type Config struct {
	Instance    string // the database's id: our mark on domains
	DataDir     string
	Accelerator string // "kvm" or "qemu", as the self-test found or the setting says
	BootID      string // of the running kernel; see ReadBootID
	Firmware    domxml.Firmware
	CPUFlaws    []string // features that a guest under KVM can't have of the host's CPU
	NoHostCPU   bool     // nor can it have that CPU at all
	// Strays is told the names of all domains with our mark that no machine stands for, when they change; nil for nobody to tell.
	Strays func(ctx context.Context, names []string) error
}

// Controller is the reconciler "vm" of this node. Make it with New and let a loop run it.
type Controller struct {
	cfg      Config
	rows     Rows
	host     Host
	log      *slog.Logger
	queue    *loop.Queue
	starts   loop.Slots
	strays   strays // used by passes only
	down     keySet // deleted machines of which nothing is left here but their rows
	platform *platform
	runs     runs
	tries    tries
	away     time.Time // since when libvirt doesn't answer; zero while it does. Used by passes only
}

// New makes a controller that hands the machines' work to queue.
func New(cfg Config, rows Rows, host Host, queue *loop.Queue, log *slog.Logger) *Controller {
	return &Controller{cfg: cfg, rows: rows, host: host, log: log, queue: queue, starts: loop.NewSlots(maxStarts), platform: newPlatform(cfg, host)}
}

// Name is the area, for logs.
func (c *Controller) Name() string { return "vm" }

// Reconcile makes one pass: read the wish, look at the host once, report what changed, and hand what is to be done to the machines' queues.
// It waits for none of them.
func (c *Controller) Reconcile(ctx context.Context) error {
	pass := c.queue.Pass()
	defer pass.End()
	domains, away := c.host.List(ctx, c.prefix())
	byKey := c.byKey(domains)
	machines, err := c.rows.Wish(ctx, slices.Collect(maps.Keys(byKey)))
	if err != nil {
		return err
	}
	if away != nil {
		return errors.Join(away, c.explainWaiting(ctx, machines, pass, away))
	}
	c.away = time.Time{}
	p := c.plan(machines, c.match(machines, byKey), pass)
	untold := c.tellStrays(ctx)
	for _, work := range p.work {
		pass.Begin(ctx, work)
	}
	if len(p.facts) > 0 {
		if err := c.rows.Report(ctx, p.facts); err != nil {
			return err
		}
	}
	if len(p.purge) > 0 {
		return errors.Join(untold, c.rows.Purge(ctx, p.purge))
	}
	return untold
}

// plan is what a pass found to do.
type plan struct {
	facts []Fact
	work  []loop.Work
	purge []int64
}

func (c *Controller) plan(machines []Machine, domains map[int64]libvirt.Info, pass *loop.Pass) plan {
	var p plan
	now := time.Now()
	for i := range machines {
		m := &machines[i]
		switch {
		case pass.Busy(m.Key):
			continue
		case m.Deleted && c.down.has(m.Key):
			p.purge = append(p.purge, m.Key)
			continue
		}
		domain := domains[m.Key]
		s := decide(m, observed{state: domain.State, none: domain.Ref == libvirt.Ref{}, bootID: c.cfg.BootID, now: now.Unix()})
		if s.action != nothing {
			if c.queue.Rests(m.Key) {
				continue // its status tells why already
			}
			p.work = append(p.work, c.work(m, domain.Ref, s))
		}
		if s.action == nothing {
			p.work = append(p.work, c.follow(m, domain, &s.status)...)
		}
		if s.status != m.Last {
			p.facts = append(p.facts, fact(m, s.status, nil))
			c.logChange(m, s.status)
		}
	}
	c.down.keep(machines)
	return p
}

// follow is the work on a machine that is left as it is: to see what its guest has, or to give it what it lacks. The status says why it lacks that still.
func (c *Controller) follow(m *Machine, d libvirt.Info, status *Status) []loop.Work {
	if c.runs.lacks(m.Key, d) {
		return []loop.Work{c.look(m, d, *status)}
	}
	gaps := liveGaps(m)
	if len(gaps) == 0 || d.State != libvirt.Running {
		c.tries.forget(m.Key)
		return nil
	}
	due, why := c.tries.due(m.Key, sign(d.Run, gaps))
	status.Info = why
	if !due {
		return nil
	}
	return []loop.Work{c.adjust(m, d, gaps)}
}

func (c *Controller) logChange(m *Machine, status Status) {
	if status.Status != m.Last.Status {
		c.log.Info("machine changed state", "machine", m.Key, "vm", m.Hardware.Title, "from", m.Last.Status, "to", status.Status)
	}
}

// byKey finds the machines' domains by our mark in the name.
func (c *Controller) byKey(domains []libvirt.Info) map[int64]libvirt.Info {
	found := make(map[int64]libvirt.Info, len(domains))
	for _, d := range domains {
		if key, ok := mark.Key(d.Name, c.prefix()); ok {
			found[key] = d
			continue
		}
		c.strays.add(d)
	}
	return found
}

// match gives each machine its domain; one without gets an Info that is Off and names none. Domains with our mark and no row are left
// alone and named once: to destroy what nobody can explain would be worse than to keep it.
func (c *Controller) match(machines []Machine, byKey map[int64]libvirt.Info) map[int64]libvirt.Info {
	found := make(map[int64]libvirt.Info, len(machines))
	for _, m := range machines {
		d, ok := byKey[m.Key]
		if !ok {
			d = libvirt.Info{State: libvirt.Off}
		}
		found[m.Key] = d
	}
	for key, d := range byKey {
		if _, known := found[key]; !known {
			c.strays.add(d)
		}
	}
	return found
}

// prefix begins the names of our domains.
func (c *Controller) prefix() string { return mark.Instance(c.cfg.Instance).Domains() }
