// Package perm decides what a caller may see and do: as a predicate that is ANDed into every read, and as single checks before writes.
//
// Admins may do everything. Everybody else has what is granted to them and to the groups that they belong to, directly or through other
// groups. A grant is on one row, on all rows of a table, or on all tables. Two columns of a row say where else rights come from. Its owner,
// when set, is the row whose rights count instead of its own. Without an owner the row's own rights count, and where they don't
// suffice those of its parent. Besides, users see their own account and see to their own API keys.
package perm

import "context"

// Actor is who makes a request. The zero Actor is nobody and may do nothing.
type Actor struct {
	User    int64   // key in users; 0 for nobody and for the manager itself
	Name    string  // for log lines
	Admin   bool    // may do everything
	Session int64   // key in sessions, of the one that the request came by; 0 for all other credentials
	APIKey  int64   // likewise in user_api_keys
	SignIn  string  // of the JWT that the request came by; empty for all other credentials
	Address string  // of the client, without its port; empty for the manager itself
	Request string  // id of the request, for log lines
	Grants  *Grants // what the user holds; nil for nothing
}

// System returns the manager itself acting in the given role ("recover", "schedule").
func System(name string) Actor { return Actor{Name: name, Admin: true} }

type actorKey struct{}

// WithActor returns a context that carries the caller.
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// ActorOf returns the caller that ctx carries, nobody when it carries none.
func ActorOf(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}
