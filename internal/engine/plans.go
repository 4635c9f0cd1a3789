package engine

import (
	"container/list"
	"sync"

	"dewpoint/internal/perm"
	"dewpoint/internal/query"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// The bounds of the statements that are kept for who asks the same again.
const (
	mostPlans     = 512
	mostPlanBytes = 4 << 20
)

// planKey is all that a statement is made of beside the declarations, and the tables that rows lead to: those the query holds against its snapshot
// itself. What a user holds is one value for as long as nothing about it changes.
type planKey struct {
	table    *schema.Table
	request  [5]string // what the client wrote
	versions bool
	user     int64
	admin    bool
	grants   *perm.Grants
}

// keyOfPlan names the statement of a request; ok is false for one that isn't worth keeping. One row by its key is found in no time, and everybody asks for
// another one.
func keyOfPlan(a perm.Actor, t *schema.Table, r query.Request, opt query.Options) (k planKey, ok bool) {
	if r.Key != "" || opt.Root != nil || opt.Hidden || len(r.Equals) > 0 {
		return k, false
	}
	return planKey{t, [5]string{r.Fields, r.Filter, r.Sort, r.Limit, r.Offset}, opt.Versions, a.User, a.Admin, a.Grants}, true
}

// planCache keeps the statements that were asked for last. At three hundred tables one that follows a reference to any of them takes longer to write
// than to run. The zero value is ready.
type planCache struct {
	mu    sync.Mutex
	byKey map[planKey]*list.Element
	order list.List // of *kept, asked for last first
	bytes int
}

type kept struct {
	key   planKey
	query *store.Query
}

func (k *kept) bytes() int {
	sum := len(k.query.Text)
	for _, part := range k.key.request {
		sum += len(part)
	}
	return sum
}

// get returns a query that hasn't run yet, or nil.
func (c *planCache) get(k planKey) *store.Query {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.byKey[k]
	if e == nil {
		return nil
	}
	c.order.MoveToFront(e)
	return e.Value.(*kept).query.Fresh()
}

// put keeps a query, in the place of an older one for the same.
func (c *planCache) put(k planKey, q *store.Query) {
	made := &kept{k, q.Fresh()}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey == nil {
		c.byKey = map[planKey]*list.Element{}
	}
	if old := c.byKey[k]; old != nil {
		c.drop(old)
	}
	c.byKey[k] = c.order.PushFront(made)
	c.bytes += made.bytes()
	for c.order.Len() > mostPlans || c.bytes > mostPlanBytes {
		c.drop(c.order.Back())
	}
}

func (c *planCache) drop(e *list.Element) {
	old := c.order.Remove(e).(*kept)
	delete(c.byKey, old.key)
	c.bytes -= old.bytes()
}
