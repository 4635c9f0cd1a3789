package engine

import (
	"context"
	"sync"

	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store"
)

// mostGrants bounds the cache of grants, in users.
const mostGrants = 10000

// grantTables are the tables that decide who holds what.
var grantTables = map[string]bool{"users": true, "groups": true, "members": true, "permissions": true, "identities": true}

// grantCache keeps what users hold. It is cleared with each commit that may change that, before the writer is told of its success, so
// that what was taken away is gone for the next request. The zero value is ready.
type grantCache struct {
	mu     sync.Mutex
	epoch  uint64 // grows with each clear
	byUser map[int64]*perm.Grants
}

// watch keeps the cache in step with the database.
func (c *grantCache) watch(changes []store.Change) {
	for _, change := range changes {
		if grantTables[change.Table.Name] {
			c.clear()
			return
		}
	}
}

func (c *grantCache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.epoch++
	clear(c.byUser)
}

// get returns what is known of a user; the epoch is for put.
func (c *grantCache) get(user int64) (*perm.Grants, uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.byUser[user], c.epoch
}

// put keeps what was read, unless it may be out of date by now.
func (c *grantCache) put(user int64, g *perm.Grants, epoch uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.epoch != epoch {
		return
	}
	if c.byUser == nil || len(c.byUser) >= mostGrants {
		c.byUser = map[int64]*perm.Grants{}
	}
	c.byUser[user] = g
}

// actor returns the caller of ctx with all that it holds.
func (e *Engine) actor(ctx context.Context) (perm.Actor, error) {
	a := perm.ActorOf(ctx)
	g, epoch := e.grants.get(a.User)
	if a.Admin || a.User == 0 || g != nil {
		a.Grants = g
		return a, nil
	}
	err := e.db.View(ctx, func(tx *store.Tx) (err error) {
		a.Grants, err = grantsOf(tx, a.User)
		return err
	})
	if err == nil {
		e.grants.put(a.User, a.Grants, epoch)
	}
	return a, err
}

// actorIn is actor for a write transaction that has yet to write. What other servers have committed may not have come to the cache by now: it is good
// only where there are none.
func (e *Engine) actorIn(ctx context.Context, tx *store.Tx) (a perm.Actor, err error) {
	a = perm.ActorOf(ctx)
	if a.Admin || a.User == 0 {
		return a, nil
	}
	told := tx.Told()
	g, epoch := e.grants.get(a.User)
	if a.Grants = g; told && g != nil {
		return a, nil
	}
	if a.Grants, err = grantsOf(tx, a.User); told && err == nil {
		e.grants.put(a.User, a.Grants, epoch)
	}
	return a, err
}

// ActorOf returns a user as somebody who acts now, with the name of what asks for it.
func ActorOf(tx *store.Tx, user *schema.Record, request string) (a perm.Actor, err error) {
	a = perm.Actor{User: user.Key.Int(), Name: user.Get("name").Text(), Admin: user.Get("admin").Bool(), Request: request}
	if !a.Admin {
		a.Grants, err = grantsOf(tx, a.User)
	}
	return a, err
}

// grantsOf reads what a user holds through itself and its groups.
func grantsOf(tx *store.Tx, user int64) (*perm.Grants, error) {
	identities, err := identitiesOf(tx, user)
	if err != nil {
		return nil, err
	}
	held, err := tx.Find("permissions", store.In("identity", identities...))
	return perm.NewGrants(identities, held), err
}

// identitiesOf lists the identities of a user and of the enabled groups that it belongs to, directly or through other groups. Groups that
// contain each other are visited once.
func identitiesOf(tx *store.Tx, user int64) ([]schema.Value, error) {
	found, err := tx.Find("users", store.Key(schema.IntValue(user)))
	if err != nil {
		return nil, err
	}
	return identitiesFrom(tx, found)
}

// identitiesFrom is identitiesOf for a user, or a group, that was read.
func identitiesFrom(tx *store.Tx, found []*schema.Record) (identities []schema.Value, err error) {
	seen := map[schema.Value]bool{}
	for err == nil && len(found) > 0 {
		var paths, keys []schema.Value
		for _, r := range found {
			paths = append(paths, PathOf(r))
			if id := r.Get("identity"); !id.IsNull() {
				identities = append(identities, id)
			}
		}
		var memberships []*schema.Record
		if memberships, err = tx.Find("members", store.In("member", paths...)); err != nil {
			return nil, err
		}
		for _, m := range memberships {
			if group := m.Get("parent_group"); !seen[group] {
				seen[group] = true
				keys = append(keys, group)
			}
		}
		if found = nil; len(keys) > 0 {
			found, err = tx.Find("groups", store.Key(keys...), store.Eq("enabled", schema.BoolValue(true)))
		}
	}
	return identities, err
}

// PathOf writes a row as references do.
func PathOf(r *schema.Record) schema.Value {
	return schema.TextValue(r.Table.Name + "/" + r.Key.Text())
}
