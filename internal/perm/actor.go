// Package perm decides what a caller may see and do: as a predicate that is ANDed into every read, and as single checks before writes.
// Admins may do everything. Everybody else sees their own account and their own API keys, and nothing else.
package perm

import "context"

// Actor is who makes a request. The zero Actor is nobody and may do nothing.
type Actor struct {
	User    int64  // key in users; 0 for nobody and for the manager itself
	Name    string // for log lines
	Admin   bool   // may do everything
	Address string // of the client, without its port; empty for the manager itself
	Request string // id of the request, for log lines
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
