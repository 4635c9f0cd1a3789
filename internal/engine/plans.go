package engine

import (
	"sync"

	"dewpoint/internal/lru"
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
	count    bool
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
	return planKey{t, [5]string{r.Fields, r.Filter, r.Sort, r.Limit, r.Offset}, opt.Versions, opt.Count, a.User, a.Admin, a.Grants}, true
}

// planCache keeps the statements that were asked for last. At three hundred tables one that follows a reference to any of them takes longer to write
// than to run.
type planCache struct {
	mu   sync.Mutex
	kept lru.Cache[planKey, plan]
}

// plan is a statement that is kept.
type plan struct {
	query *store.Query
	bytes int // of it and of the request
}

func newPlanCache() planCache {
	return planCache{kept: lru.Cache[planKey, plan]{Most: mostPlans, MostCost: mostPlanBytes, Cost: func(p plan) int { return p.bytes }}}
}

// get returns a query that hasn't run yet, or nil.
func (c *planCache) get(k planKey) *store.Query {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.kept.Get(k)
	if !ok {
		return nil
	}
	return found.query.Fresh()
}

// put keeps a query, in the place of an older one for the same.
func (c *planCache) put(k planKey, q *store.Query) {
	made := plan{q.Fresh(), len(q.Text)}
	for _, part := range k.request {
		made.bytes += len(part)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.kept.Put(k, made)
}
