// Package event tells the parts of the program what committed transactions changed: controllers are nudged by area, and listeners
// get the changes themselves.
package event

import (
	"crypto/rand"
	"slices"
	"sync"

	"dewpoint/internal/store"
)

// Bus hands the changes of one database to who asked for them. It is safe for concurrent use.
type Bus struct {
	mu        sync.RWMutex
	nudges    map[string]map[int]func()
	listeners map[int]chan []store.Change
	next      int
	commits   uint64
	tables    map[string]*tableState
	boot      string
	done      chan struct{}
	closing   sync.Once
}

// New makes a bus that hears every commit of db.
func New(db *store.DB) *Bus {
	b := &Bus{
		nudges: map[string]map[int]func(){}, listeners: map[int]chan []store.Change{},
		tables: map[string]*tableState{}, boot: rand.Text(), done: make(chan struct{}),
	}
	db.Watch(b.publish)
	return b
}

// OnWake calls nudge after each commit that changed a table which declares that it wakes the area, until the function that it returns is
// called. Nudge must not block.
func (b *Bus) OnWake(area string, nudge func()) (stop func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.nudges[area] == nil {
		b.nudges[area] = map[int]func(){}
	}
	id := b.next
	b.next++
	b.nudges[area][id] = nudge
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		delete(b.nudges[area], id)
	}
}

// Wake nudges an area without a change, as when somebody asks for a fresh look.
func (b *Bus) Wake(area string) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, nudge := range b.nudges[area] {
		nudge()
	}
}

// Subscribe returns a channel of committed changes and a function that ends the subscription. A subscriber that lags more than buffer
// commits behind finds its channel closed: it has missed something and must read anew.
func (b *Bus) Subscribe(buffer int) (<-chan []store.Change, func()) {
	ch := make(chan []store.Change, buffer)
	b.mu.Lock()
	defer b.mu.Unlock()
	id := b.next
	b.next++
	b.listeners[id] = ch
	return ch, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.drop(id)
	}
}

// drop closes a subscription; the caller holds the lock.
func (b *Bus) drop(id int) {
	if ch, ok := b.listeners[id]; ok {
		delete(b.listeners, id)
		close(ch)
	}
}

func (b *Bus) publish(changes []store.Change) {
	var areas []string
	for _, c := range changes {
		for _, area := range c.Table.Wakes {
			if !slices.Contains(areas, area) {
				areas = append(areas, area)
			}
		}
	}
	for _, area := range areas {
		b.Wake(area)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.commits++
	b.beat(changes)
	for id, ch := range b.listeners {
		select {
		case ch <- changes:
		default:
			b.drop(id)
		}
	}
}
