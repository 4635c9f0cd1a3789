// Package foreign keeps rows of the domains of this node's libvirt that somebody else made. It only looks at them.
package foreign

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"maps"
	"regexp"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/host/domxml"
	"dewpoint/internal/host/libvirt"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// Host is what the controller asks of libvirt; *libvirt.Client is one.
type Host interface {
	List(ctx context.Context, prefix string) ([]libvirt.Info, error)
	Definition(ctx context.Context, ref libvirt.Ref) (text string, persistent bool, err error)
}

// Config is what a controller is made of.
type Config struct {
	DB   *store.DB
	Host Host
	Log  *slog.Logger
	Node int64 // key of the node this is
	Now  func() time.Time
}

// Controller is the reconciler "foreign".
type Controller struct {
	Config
	known map[string]look                     // by UUID
	told  map[string]compute.ForeignDomainSet // what the rows say; nil before the first pass
}

// look is what was last seen of a domain.
type look struct {
	info libvirt.Info
	at   time.Time
	set  compute.ForeignDomainSet
}

// anew is how long a definition is believed to be as it was, while its domain is in the same state: nothing tells of changes of a definition alone.
const anew = time.Minute

// New makes the controller.
func New(c Config) *Controller {
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Controller{Config: c, known: map[string]look{}}
}

// Name implements loop.Reconciler.
func (c *Controller) Name() string { return "foreign" }

// ours are the names of the domains of any Dewpoint.
var ours = regexp.MustCompile(`^dp-[0-9a-f]{4}-[0-9]+$`)

// Reconcile makes the rows true.
func (c *Controller) Reconcile(ctx context.Context) error {
	domains, err := c.Host.List(ctx, "")
	if err != nil {
		return err
	}
	seen := map[string]look{}
	for _, d := range domains {
		if ours.MatchString(d.Name) {
			continue
		}
		l, err := c.look(ctx, d)
		if errs.Is(err, errs.NotFound) { // it went meanwhile
			continue
		}
		if err != nil {
			return err
		}
		seen[d.UUID] = l
	}
	c.known = seen
	return c.report(ctx, seen)
}

func (c *Controller) look(ctx context.Context, d libvirt.Info) (look, error) {
	now := c.Now()
	if l, known := c.known[d.UUID]; known && l.info == d && now.Sub(l.at) < anew {
		return l, nil
	}
	text, persistent, err := c.Host.Definition(ctx, d.Ref)
	if err != nil {
		return look{}, err
	}
	set, err := columns(c.Node, d, text, persistent)
	return look{d, now, set}, err
}

// columns are those of a domain's row.
func columns(node int64, d libvirt.Info, text string, persistent bool) (compute.ForeignDomainSet, error) {
	f := domxml.ParseForeign(text)
	digest := sha256.Sum256([]byte(text))
	set := compute.ForeignDomainSet{}.Node(node).Name(d.Name).UUID(d.UUID).Title(f.Title).State(string(d.State)).Persistent(persistent).
		CPUCores(f.Cores).RAM(f.RAM).MachineType(f.MachineType).UEFI(f.UEFI).Digest(hex.EncodeToString(digest[:])).
		Adoptable(persistent && !d.State.Active() && len(f.Obstacles) == 0)
	for _, part := range []struct {
		put   func(compute.ForeignDomainSet, string) compute.ForeignDomainSet
		value any
	}{
		{compute.ForeignDomainSet.Disks, f.Disks},
		{compute.ForeignDomainSet.NICs, f.NICs},
		{compute.ForeignDomainSet.Obstacles, f.Obstacles},
		{compute.ForeignDomainSet.Changes, f.Changes},
		{compute.ForeignDomainSet.Shape, f},
	} {
		raw, err := json.Marshal(part.value)
		if err != nil {
			return nil, err
		}
		set = part.put(set, string(raw))
	}
	return set, nil
}

// report writes the rows, where what was seen differs from what was told.
func (c *Controller) report(ctx context.Context, seen map[string]look) error {
	now := map[string]compute.ForeignDomainSet{}
	for uuid, l := range seen {
		now[uuid] = l.set
	}
	same := func(a, b compute.ForeignDomainSet) bool { return maps.Equal(a, b) }
	if c.told != nil && maps.EqualFunc(now, c.told, same) {
		return nil
	}
	err := c.DB.Update(ctx, func(tx *store.Tx) error {
		have, err := store.FindRows[compute.ForeignDomain](tx, store.Is(compute.ForeignDomainCol.Node, c.Node))
		if err != nil {
			return err
		}
		for _, row := range have {
			if _, there := now[row.UUID]; !there {
				if err := tx.Delete(row.TableName(), schema.IntValue(row.Key)); err != nil {
					return err
				}
			}
		}
		for uuid, set := range now {
			if _, err := store.KeepFirst(tx, set, store.Is(compute.ForeignDomainCol.Node, c.Node), store.Is(compute.ForeignDomainCol.UUID, uuid)); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		c.told = now
	}
	return err
}
