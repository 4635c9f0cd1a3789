// Package space is the one account of what may still be written to a file system: what is free, less a reserve that keeps the database and
// the guests going, less what was announced and has not arrived yet. Uploads, files and disks all ask it.
package space

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"

	"dewpoint/internal/errs"
	"dewpoint/internal/store"
)

// Claim is a file that bytes are to arrive in. What of it is on the disk already is looked up, so a claim needs no upkeep.
type Claim struct {
	ID    string // claims with one ID are the same file, at two places of its way: the further one counts
	Path  string // it needn't be there, nor the last folders above it
	Bytes int64  // that it will have
	Owner string // name of the user who announced it; empty for work of the server's own
	Where string // the place in words: "the disk that holds the media"
}

// Source lists the claims of one kind that are open at a moment. It reads rows by tx only: the account asks while others wait for it.
type Source func(tx *store.Tx) ([]Claim, error)

// Listed is a source of claims that aren't rows.
func Listed(list func() ([]Claim, error)) Source {
	return func(*store.Tx) ([]Claim, error) { return list() }
}

// Limits are what the person who runs the server decides; a zero stands for the default.
type Limits struct {
	Reserve  int64 // bytes that stay free in every file system
	Sessions int   // the maximum number of unfinished files and uploads of one user
}

// DefaultSessions is the bound of Limits.Sessions: more than a browser or a script sends at a time, and few enough to look through.
const DefaultSessions = 100

// Account is safe for concurrent use once its sources are named.
type Account struct {
	db      *store.DB
	limits  Limits
	sources []Source

	mu   sync.Mutex
	held map[*Claim]struct{} // not seen by the sources: work under way, and rows that aren't committed yet
}

// New makes an account over the rows of db.
func New(db *store.DB, limits Limits) *Account {
	if limits.Sessions == 0 {
		limits.Sessions = DefaultSessions
	}
	return &Account{db: db, limits: limits, held: map[*Claim]struct{}{}}
}

// Count makes the account count the claims of a source. It is called before the account is used.
func (a *Account) Count(s Source) { a.sources = append(a.sources, s) }

// Hold admits a claim and keeps its bytes for it until release, which comes when the work is done or a source lists the claim. It is Full
// when they don't fit beside all that is announced, and TooMany when the owner has too many files open.
func (a *Account) Hold(ctx context.Context, c Claim) (release func(), err error) {
	err = a.db.View(ctx, func(tx *store.Tx) error {
		release, err = a.HoldIn(tx, c)
		return err
	})
	return release, err
}

// HoldIn is Hold inside a transaction. The account is locked after the transaction has its connection, never before: so nobody who has the
// one waits for the other.
func (a *Account) HoldIn(tx *store.Tx, c Claim) (release func(), err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	open, err := a.open(tx)
	if err != nil {
		return nil, err
	}
	if err := a.admit(open, c); err != nil {
		return nil, err
	}
	a.held[&c] = struct{}{}
	return func() {
		a.mu.Lock()
		defer a.mu.Unlock()
		delete(a.held, &c)
	}, nil
}

// open lists all claims, held ones included.
func (a *Account) open(tx *store.Tx) (open []Claim, err error) {
	for _, list := range a.sources {
		claims, err := list(tx)
		if err != nil {
			return nil, err
		}
		open = append(open, claims...)
	}
	for c := range a.held {
		open = append(open, *c)
	}
	return open, nil
}

func (a *Account) admit(open []Claim, c Claim) error {
	disk, err := diskOf(c.Path)
	if err != nil {
		return err
	}
	announced, owned := map[string]int64{}, map[string]bool{}
	for _, o := range open {
		if o.ID == c.ID {
			continue
		}
		if o.Owner != "" && o.Owner == c.Owner {
			owned[o.ID] = true
		}
		if where, err := diskOf(o.Path); err != nil || where.device != disk.device {
			continue // a pool that went away takes no space of this one
		}
		rest := o.rest()
		if known, ok := announced[o.ID]; ok {
			rest = min(rest, known)
		}
		announced[o.ID] = rest
	}
	if len(owned) >= a.limits.Sessions {
		return errs.New(errs.TooMany, "too_many_unfinished",
			"you have %d unfinished files and uploads, which is the limit; finish or delete some of them first", len(owned))
	}
	const most = 1 << 61 // sums of sizes that users chose don't go round
	sum := int64(0)
	for _, rest := range announced {
		sum = min(sum+min(rest, most), most)
	}
	return a.fits(disk, c, sum)
}

// Continue is Full when the rest of an admitted claim doesn't fit any more, whatever else is announced: of several that were admitted and
// don't fit together now, the first to go on gets done.
func (a *Account) Continue(c Claim) error {
	disk, err := diskOf(c.Path)
	if err != nil {
		return err
	}
	return a.fits(disk, c, 0)
}

// fits compares what is free with what a claim needs beside what others have announced.
func (a *Account) fits(d disk, c Claim, announced int64) error {
	reserve := a.limits.Reserve
	if reserve == 0 {
		reserve = DefaultReserve(d.size)
	}
	left := max(0, d.free-reserve-announced)
	need := c.rest()
	if need <= left {
		return nil
	}
	beside := ""
	if announced != 0 {
		beside = " beside what other uploads have announced"
	}
	return errs.New(errs.Full, "disk_full", "%s has %s free above its reserve%s, %s more are needed; delete files, cancel uploads or add space",
		c.Where, size(left), beside, size(need-left))
}

// rest is what has not arrived yet.
func (c Claim) rest() int64 { return max(0, c.Bytes-arrived(c.Path)) }

func size(bytes int64) string {
	if bytes < 1<<20 {
		return fmt.Sprintf("%d bytes", bytes)
	}
	return fmt.Sprintf("%d MiB", (bytes+(1<<20)-1)>>20)
}

// above is the nearest folder over a path.
func above(path string) string { return filepath.Dir(path) }
