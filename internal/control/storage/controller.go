package storage

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"dewpoint/internal/control/loop"
	"dewpoint/internal/host/block"
	"dewpoint/internal/quarantine"
	"dewpoint/internal/space"
)

// fullLook is the time between passes that nobody asked for. They also bring used_bytes up to date.
const fullLook = 10 * time.Second

// Controller reconciles the drives' files of this node. Make it with New and let it Run.
type Controller struct {
	dataDir string
	rows    Rows
	keeper  *quarantine.Keeper
	space   *space.Account
	log     *slog.Logger
	loop    *loop.Loop
	works   *works
	backoff loop.Backoff
	refused refusals
	sizes   map[int64]sized // of disks looked into before; used by passes only
}

// sized is a disk's size as its header said when the file was last changed by us.
type sized struct {
	path string
	size int64
}

// New makes a controller of the pools and media below dataDir. What lies in the pools without a row goes to keeper; what it writes must fit by the account.
func New(dataDir string, rows Rows, keeper *quarantine.Keeper, account *space.Account, log *slog.Logger) *Controller {
	c := &Controller{dataDir: dataDir, rows: rows, keeper: keeper, space: account, log: log, works: newWorks(), sizes: map[int64]sized{}}
	c.loop = loop.New(c, fullLook, log)
	return c
}

// Wake asks for a pass soon; it never blocks.
func (c *Controller) Wake() { c.loop.Wake() }

// Run makes passes until ctx ends, waits for what is under way, and returns ctx's cause.
func (c *Controller) Run(ctx context.Context) error {
	err := c.loop.Run(ctx)
	c.works.workers.Wait()
	return err
}

// Name is the area, for logs.
func (c *Controller) Name() string { return "storage" }

// Reconcile makes one pass. Work on files is begun, not waited for.
func (c *Controller) Reconcile(ctx context.Context) error {
	busy := c.works.snapshot() // before the wish is read: a drive that is free now has its last report in the rows
	drives, err := c.rows.Wish(ctx)
	if err != nil {
		return err
	}
	have, err := c.look(ctx, drives) // after the wish: a row is always there before its file
	if err != nil {
		return err
	}
	c.clearParts(have.parts, busy)
	stuck := c.setAside(ctx, have.nobodys)
	var facts []Fact
	var begin []func()
	for i := range drives {
		d := &drives[i]
		if busy[d.Key] {
			continue
		}
		seen := c.observe(d, have.disks[d.Key])
		s := decide(d, seen)
		if s.action != nothing {
			if c.refused.stands(d, s.action) || !c.backoff.Due(strconv.FormatInt(d.Key, 10), time.Now()) {
				continue // its status tells why already
			}
			delete(c.sizes, d.Key)
			begin = append(begin, func() { c.works.begin(d.Key, func() { c.carryOut(ctx, d, seen, s) }, c.Wake) })
		}
		if s.status != d.Last {
			facts = append(facts, Fact{Drive: d.Key, Status: s.status})
		}
	}
	if len(facts) > 0 {
		if err := c.rows.Report(ctx, facts); err != nil {
			return err
		}
	}
	for _, work := range begin { // after the report, which would overwrite theirs
		work()
	}
	return stuck
}

// observe looks at a drive's file. Headers are read once: a disk changes its size by our own hand only.
func (c *Controller) observe(d *Drive, path string) observed {
	seen := observed{path: path, want: d.place(c.dataDir)}
	if path == "" || d.Deleted {
		return seen
	}
	seen.used, _ = block.Used(path) // of a file that just went, the next pass tells
	known, ok := c.sizes[d.Key]
	if !ok || known.path != path {
		img, err := block.Inspect(path)
		if err != nil {
			return seen
		}
		known = sized{path: path, size: img.VirtualSize}
		c.sizes[d.Key] = known
	}
	seen.size = known.size
	return seen
}

// works are the drives that have an action under way, at most one each.
type works struct {
	mu      sync.Mutex
	busy    map[int64]bool
	workers sync.WaitGroup
	heavy   chan struct{} // places for conversions: they move whole disks
}

func newWorks() *works { return &works{busy: map[int64]bool{}, heavy: make(chan struct{}, 2)} }

func (w *works) snapshot() map[int64]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	copied := make(map[int64]bool, len(w.busy))
	for key := range w.busy {
		copied[key] = true
	}
	return copied
}

// begin runs work; the drive counts as busy until it has returned. Then after runs.
func (w *works) begin(key int64, work, after func()) {
	w.mu.Lock()
	w.busy[key] = true
	w.mu.Unlock()
	w.workers.Go(func() {
		defer after()
		defer func() {
			w.mu.Lock()
			delete(w.busy, key)
			w.mu.Unlock()
		}()
		work()
	})
}
