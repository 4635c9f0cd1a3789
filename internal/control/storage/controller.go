package storage

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/host/block"
	"dewpoint/internal/quarantine"
	"dewpoint/internal/space"
)

// Config is what the controller and its operations work with.
type Config struct {
	DataDir string // that the pools and media lie in
	Rows    Rows
	Keeper  *quarantine.Keeper // of what lies in the pools without a row
	Files   Files              // where exports become media
	Space   *space.Account     // by which what is written must fit
	Domains Domains            // that others made, of this node
	Merges  bool               // layers that one file alone rests on are merged with it, by an operation that the area of VMs has
	Log     *slog.Logger
}

// Controller reconciles the drives' files of this node.
type Controller struct {
	Config
	queue   *loop.Queue
	refused refusals
	merges  map[int64]time.Time // of layers: when a merge was begun; used by passes only
	sizes   map[int64]sized     // of disks looked into before; used by passes only
}

// sized is a disk's size as its header said when the file was last changed by us.
type sized struct {
	path string
	size int64
}

// New makes a controller that hands its work to q.
func New(cfg Config, q *loop.Queue) *Controller {
	return &Controller{Config: cfg, queue: q, sizes: map[int64]sized{}, merges: map[int64]time.Time{}}
}

// Name is the area, for logs.
func (c *Controller) Name() string { return "storage" }

// Reconcile makes one pass. Work on files is begun, not waited for.
func (c *Controller) Reconcile(ctx context.Context) error {
	pass := c.queue.Pass()
	defer pass.End()
	w, err := c.Rows.Wish(ctx)
	if err != nil {
		return err
	}
	drives := w.Drives
	have, err := c.look(ctx, w) // after the wish: a row is always there before its file
	if err != nil {
		return err
	}
	c.clearParts(have.parts, underWay(drives, pass))
	stuck := c.setAside(ctx, have.nobodys)
	p := c.plan(drives, have, pass)
	if err := c.write(ctx, p); err != nil {
		return err
	}
	p.work = append(p.work, c.layerWork(w.Layers, pass)...)
	for _, work := range p.work { // after the report, which would overwrite theirs
		pass.Begin(ctx, work)
	}
	return stuck
}

// plan is what a pass found to do.
type plan struct {
	facts   []Fact
	work    []loop.Work
	asks    []*Drive // whose import is to begin
	cancels []int64  // operations
	orphans []int64  // machines
}

func (c *Controller) plan(drives []Drive, have sorted, pass *loop.Pass) (p plan) {
	for i := range drives {
		d := &drives[i]
		if pass.Busy(d.Key) {
			continue
		}
		if d.Orphan {
			p.orphans = append(p.orphans, d.Machine)
		}
		seen := c.observe(d, have.disks[d.Key])
		s := decide(d, seen)
		switch s.action {
		case nothing:
		case ask:
			p.asks = append(p.asks, d)
		case cancel:
			p.cancels = append(p.cancels, d.Import.Operation)
		default:
			if c.refused.stands(d, s.action) || c.queue.Rests(d.Key) {
				continue // its status tells why already
			}
			delete(c.sizes, d.Key)
			p.work = append(p.work, c.workOn(d, seen, s))
		}
		if s.status != d.Last {
			p.facts = append(p.facts, Fact{Drive: d.Key, Status: s.status})
		}
	}
	return p
}

// write does of a plan what is done in rows.
func (c *Controller) write(ctx context.Context, p plan) error {
	if len(p.facts) > 0 {
		if err := c.Rows.Report(ctx, p.facts); err != nil {
			return err
		}
	}
	if len(p.orphans) > 0 {
		if err := c.Rows.DropOrphans(ctx, p.orphans); err != nil {
			return err
		}
	}
	if len(p.asks)+len(p.cancels) > 0 {
		return errors.Join(c.Rows.Ask(ctx, p.asks), c.Rows.Cancel(ctx, p.cancels))
	}
	return nil
}

// observe looks at a drive's file. Headers are read once: a disk changes its size by our own hand only.
func (c *Controller) observe(d *Drive, path string) observed {
	seen := observed{path: path, want: d.place(c.DataDir)}
	if path == "" || d.Deleted {
		return seen
	}
	seen.used, _ = block.Used(path) // of a file that just went, the next pass tells
	known, ok := c.sizes[d.Key]
	if !ok || known.path != path {
		size, err := block.Size(path)
		if err != nil {
			return seen
		}
		known = sized{path: path, size: size}
		c.sizes[d.Key] = known
	}
	seen.size = known.size
	return seen
}
