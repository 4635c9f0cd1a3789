// Package guest finds out what is known of the guests that run on a node: what their agents say, and which addresses their cards have. docs/design/0036-guests.md.
//
// Agents are in the hands of whoever has the guest. So each is asked in a queue of its own, with limits of time and size, no more than a few at once; what they say
// is kept in rows, which is all that anybody reads.
package guest

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/host/link"
	"dewpoint/internal/mark"
	"dewpoint/internal/store"
)

// mostAsked bounds how many agents are asked at the same time: each may keep a connection to libvirt for as long as it likes to stall.
const mostAsked = 16

// Host is what the controller asks of libvirt; *libvirt.Client is one.
type Host interface {
	List(ctx context.Context, prefix string) ([]libvirt.Info, error)
	HasAgent(ctx context.Context, ref libvirt.Ref) (bool, error)
	AskAgent(ctx context.Context, ref libvirt.Ref, command string, limit time.Duration) (string, error)
}

// Config is what a controller is made of.
type Config struct {
	DB   *store.DB
	Host Host
	// Neighbours returns what the network namespace of that name has heard on its links; NotFound where there is none.
	Neighbours func(namespace string) ([]link.Neighbour, error)
	Log        *slog.Logger
	Instance   string // the database's id: our mark on domains and namespaces
	Node       int64  // key of the node this is
	Now        func() time.Time
}

// Controller is the reconciler "guest".
type Controller struct {
	Config
	queue  *loop.Queue
	asking loop.Slots
	visits visits
	looked time.Time // when the addresses were brought up to date
}

// betweenLooks is how long the addresses are left alone: a pass follows each visit.
const betweenLooks = 3 * time.Second

// New makes the controller, which hands the asking to queue.
func New(c Config, queue *loop.Queue) *Controller {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Controller{Config: c, queue: queue, asking: loop.NewSlots(mostAsked)}
}

// Name implements loop.Reconciler.
func (c *Controller) Name() string { return "guest" }

// Reconcile begins to ask the agents whose turn it is, forgets what guests said that are off, and brings the addresses up to date. It waits for no guest.
func (c *Controller) Reconcile(ctx context.Context) error {
	pass := c.queue.Pass()
	defer pass.End()
	domains, err := c.Host.List(ctx, mark.Instance(c.Instance).Domains())
	if err != nil {
		return err
	}
	running := c.running(domains)
	c.visits.keep(running)
	for key, d := range running {
		if !pass.Busy(key) && c.visits.due(key, d.Run, c.Now()) {
			pass.Begin(ctx, c.visit(key, d))
		}
	}
	now := c.Now()
	if now.Sub(c.looked) < betweenLooks {
		return nil
	}
	w, err := c.wish(ctx, slices.Collect(maps.Keys(running)))
	if err != nil {
		return err
	}
	if err := c.write(ctx, c.steps(w)); err != nil {
		return err
	}
	c.looked = now
	return nil
}

// running finds the machines whose guests could answer.
func (c *Controller) running(domains []libvirt.Info) map[int64]libvirt.Info {
	found := map[int64]libvirt.Info{}
	for _, d := range domains {
		if key, ours := mark.Key(d.Name, mark.Instance(c.Instance).Domains()); ours && d.State == libvirt.Running {
			found[key] = d
		}
	}
	return found
}
