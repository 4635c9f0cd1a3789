package event

import "dewpoint/internal/store"

// tableState is what the bus knows of one table.
type tableState struct {
	version uint64 // grows with every commit that touches the table
	pulses  map[chan struct{}]struct{}
}

// Version returns a number that differs after each commit that changed one of the tables, for as long as the program runs. Read it before
// the rows: then it is never newer than they are.
func (b *Bus) Version(tables []string) (sum uint64) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	for _, name := range tables {
		if t := b.tables[name]; t != nil {
			sum += t.version
		}
	}
	return sum
}

// Commits returns a number that grows with every commit that the bus is told of. Read it before what commits have changed: then it is never newer than that.
func (b *Bus) Commits() uint64 {
	b.mu.RLock()
	defer b.mu.RUnlock()
	return b.commits
}

// Boot returns a text that no other run of the program has; versions mean something together with it.
func (b *Bus) Boot() string { return b.boot }

// Pulse returns a channel that gets a token after commits that changed one of the tables, one for any number of them while nobody
// takes it, and a function that ends this.
func (b *Bus) Pulse(tables []string) (<-chan struct{}, func()) {
	ch := make(chan struct{}, 1)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, name := range tables {
		b.table(name).pulses[ch] = struct{}{}
	}
	return ch, func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		for _, name := range tables {
			delete(b.table(name).pulses, ch)
		}
	}
}

// Close tells those who follow changes without end that the server ends.
func (b *Bus) Close() { b.closing.Do(func() { close(b.done) }) }

// Done returns a channel that is closed when the server ends.
func (b *Bus) Done() <-chan struct{} { return b.done }

// table returns the state of a table; the caller holds the lock.
func (b *Bus) table(name string) *tableState {
	t := b.tables[name]
	if t == nil {
		t = &tableState{pulses: map[chan struct{}]struct{}{}}
		b.tables[name] = t
	}
	return t
}

// beat tells of one commit; the caller holds the lock.
func (b *Bus) beat(changes []store.Change) {
	beaten := map[string]bool{}
	for _, c := range changes {
		if beaten[c.Table.Name] {
			continue
		}
		beaten[c.Table.Name] = true
		t := b.table(c.Table.Name)
		t.version++
		for ch := range t.pulses {
			select {
			case ch <- struct{}{}:
			default:
			}
		}
	}
}
