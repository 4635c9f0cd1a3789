package loop

import "context"

// Slots bound how much of a kind is done at the same time. Make them with NewSlots.
type Slots chan struct{}

// NewSlots makes n slots.
func NewSlots(n int) Slots { return make(Slots, n) }

// Take waits for a slot and returns how to give it back. It fails with ctx only.
func (s Slots) Take(ctx context.Context) (release func(), err error) {
	select {
	case s <- struct{}{}:
		return func() { <-s }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
