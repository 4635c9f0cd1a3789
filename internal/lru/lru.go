// Package lru keeps what was used last, within bounds of its number and its cost.
package lru

import (
	"container/list"
	"iter"
)

// Cache keeps values by their keys until others have been used since. The zero value is ready and keeps nothing; set the bounds first. It is not
// safe for concurrent use: its owners have a lock of their own, which guards more.
type Cache[K comparable, V any] struct {
	Most     int         // of values
	MostCost int         // of their costs together; no bound when 0
	Cost     func(V) int // of a value, which stays the same; needed with MostCost
	Dropped  func(V)     // hears of values that are kept no longer, when not nil

	byKey map[K]*list.Element
	order list.List // of entry[K, V], used last first
	cost  int
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

// Get returns the value of a key, which is used by that.
func (c *Cache[K, V]) Get(key K) (value V, ok bool) {
	e, ok := c.byKey[key]
	if !ok {
		return value, false
	}
	c.order.MoveToFront(e)
	return e.Value.(entry[K, V]).value, true
}

// Put keeps a value in the place of an older one of its key, and drops what goes beyond the bounds, which may be the value itself.
func (c *Cache[K, V]) Put(key K, value V) {
	if c.byKey == nil {
		c.byKey = map[K]*list.Element{}
	}
	if old, ok := c.byKey[key]; ok {
		c.drop(old)
	}
	c.byKey[key] = c.order.PushFront(entry[K, V]{key, value})
	c.cost += c.costOf(value)
	for len(c.byKey) > c.Most || c.MostCost > 0 && c.cost > c.MostCost {
		c.drop(c.order.Back())
	}
}

// Len is how many values are kept.
func (c *Cache[K, V]) Len() int { return len(c.byKey) }

// Values are those that are kept, used last first.
func (c *Cache[K, V]) Values() iter.Seq[V] {
	return func(yield func(V) bool) {
		for e := c.order.Front(); e != nil && yield(e.Value.(entry[K, V]).value); {
			e = e.Next()
		}
	}
}

// Clear drops all.
func (c *Cache[K, V]) Clear() {
	for c.order.Len() > 0 {
		c.drop(c.order.Back())
	}
}

func (c *Cache[K, V]) drop(e *list.Element) {
	old := c.order.Remove(e).(entry[K, V])
	delete(c.byKey, old.key)
	c.cost -= c.costOf(old.value)
	if c.Dropped != nil {
		c.Dropped(old.value)
	}
}

func (c *Cache[K, V]) costOf(value V) int {
	if c.Cost == nil {
		return 0
	}
	return c.Cost(value)
}
