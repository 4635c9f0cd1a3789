package engine

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"dewpoint/internal/errs"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
)

// The least time between two looks at the database: what happens within it is one event for each row. Facts change all the time.
const (
	restTime, factsRestTime = 100 * time.Millisecond, 250 * time.Millisecond
	// lookInterval is how often a shared feed moves on that nobody wakes.
	lookInterval = 15 * time.Second
)

// Rest is how long whoever follows the feed waits between two reads of it.
func (f *Feed) Rest() time.Duration {
	if f.Facts() {
		return factsRestTime
	}
	return restTime
}

// Subscription is what a listener wants to hear of: the rows of a table that meet the request, of them those with the keys where keys aren't nil, from
// what lies behind the entry Since of the log on, or FromNow.
type Subscription struct {
	Table   string
	Request query.Request
	Keys    []string
	Since   int64
}

// Listener hears what a shared feed has to tell. Its methods are called one at a time and must not block.
type Listener interface {
	// Ready is called before anything else: what lies behind the entry at will be told.
	Ready(at int64)
	Tell(events []Event)
	// End is called when the feed has ended by itself: Denied when rights have changed, so that another one may be joined.
	End(err error)
}

// sharedFeeds are the feeds that are followed, by what they are made of. The zero value is ready.
type sharedFeeds struct {
	mu   sync.Mutex
	open map[[sha256.Size]byte]*shared
}

// shared is one feed for all who ask for the same by the same rights.
type shared struct {
	key   [sha256.Size]byte
	ready chan struct{} // closed when feed or err is there
	err   error
	stop  context.CancelFunc
	done  chan struct{}

	mu        sync.Mutex // also held while the feed is read
	feed      *Feed
	listeners map[Listener]struct{}
	ended     bool
}

// Membership is a listener's part in a shared feed.
type Membership struct {
	eng      *Engine
	of       *shared
	listener Listener
}

// Join has the listener hear of a subscription, as the actor of ctx. Whoever joined leaves.
func (e *Engine) Join(ctx context.Context, s Subscription, l Listener) (*Membership, error) {
	before, err := e.db.LastChange(ctx) // ahead of the caller's rights, so that the log tells of every change of them
	if err != nil {
		return nil, err
	}
	f, err := e.feedOf(ctx, s)
	if err != nil {
		return nil, err
	}
	key, err := f.sameness()
	if err != nil {
		return nil, err
	}
	for {
		of, opens := e.shared.find(key)
		if opens {
			e.open(ctx, of, f, before, s.Since)
		} else if err := of.wait(ctx); err != nil {
			return nil, err
		}
		if of.err != nil && (opens || !errors.Is(of.err, context.Canceled)) { // else who opened it has gone
			return nil, of.err
		}
		m := &Membership{e, of, l}
		if joined, err := m.join(ctx, s, opens); joined || err != nil {
			return m, err
		}
	}
}

// wait waits until somebody else has opened the feed.
func (of *shared) wait(ctx context.Context) error {
	select {
	case <-of.ready:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// keysOf reads keys; what can't be one is no row's.
func keysOf(t *schema.Table, texts []string) ([]schema.Value, error) {
	if texts == nil {
		return nil, nil
	}
	keys := make([]schema.Value, 0, len(texts))
	for _, text := range texts {
		if key, ok := t.ReadKey(text); ok {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return nil, errs.Field("keys", "must have a key of %s", t.Word(errs.Many))
	}
	return keys, nil
}

// sameness is the same for two feeds only if they tell everybody the same: it is made of the statement, in which the caller's rights stand.
func (f *Feed) sameness() (sum [sha256.Size]byte, err error) {
	q, err := f.render(nil, false)
	if err != nil {
		return sum, err
	}
	return sha256.Sum256(fmt.Appendf(nil, "%s %t %x %#v", f.table.Name, f.actor.Admin, q.Digest(), q.Args)), nil
}

// find returns the feed of a key; opens says that the caller has to open it.
func (s *sharedFeeds) find(key [sha256.Size]byte) (of *shared, opens bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if of = s.open[key]; of != nil {
		return of, false
	}
	of = &shared{key: key, ready: make(chan struct{}), done: make(chan struct{}), listeners: map[Listener]struct{}{}}
	if s.open == nil {
		s.open = map[[sha256.Size]byte]*shared{}
	}
	s.open[key] = of
	return of, true
}

func (s *sharedFeeds) forget(of *shared) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[of.key] == of {
		delete(s.open, of.key)
	}
}

// open begins a shared feed, at the place that who asked for it first has.
func (e *Engine) open(ctx context.Context, of *shared, f *Feed, before, since int64) {
	defer close(of.ready)
	if of.err = f.begin(ctx, before, since); of.err != nil {
		of.ended = true
		e.shared.forget(of)
		close(of.done)
		return
	}
	of.feed = f
}
