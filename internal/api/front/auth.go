package front

import (
	"context"
	"net/http"

	"dewpoint/internal/perm"
)

// Authenticator finds out who sends a request, from its headers and the query parameter token. Into reply, the header of what will be
// answered, it puts how many requests the caller has left, where that is limited.
type Authenticator interface {
	Authenticate(ctx context.Context, r *http.Request, reply http.Header) (perm.Actor, error)
	// Recheck tells who sends a request that was let in before, or why it wouldn't be any more. It doesn't count as a request.
	Recheck(ctx context.Context, r *http.Request) (perm.Actor, error)
}

type againKey struct{}

// Again looks once more at the credential that a request was let in with, for requests that take long: it gives a context with the caller as he is
// now, or the error that he would be refused with.
func Again(ctx context.Context) (context.Context, error) {
	recheck, ok := ctx.Value(againKey{}).(func(context.Context) (perm.Actor, error))
	if !ok {
		return ctx, nil
	}
	now, err := recheck(ctx)
	if err != nil {
		return ctx, err
	}
	was := perm.ActorOf(ctx)
	now.Address, now.Request = was.Address, was.Request
	return perm.WithActor(ctx, now), nil
}

// Remember returns Again for a time after the request of ctx has ended: what it gives can be asked again itself.
func Remember(ctx context.Context) func(context.Context) (context.Context, error) {
	recheck, was := ctx.Value(againKey{}), perm.ActorOf(ctx)
	return func(ctx context.Context) (context.Context, error) {
		return Again(perm.WithActor(context.WithValue(ctx, againKey{}, recheck), was))
	}
}

// Authenticated lets requests through that carry a good credential, with the caller in their context; deny answers the others in its
// dialect's words.
func Authenticated(auth Authenticator, deny func(w http.ResponseWriter, r *http.Request, err error)) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			call := Of(r.Context())
			actor, err := auth.Authenticate(r.Context(), r, w.Header())
			if err != nil {
				deny(w, r, err)
				return
			}
			actor.Address, actor.Request = call.Address, call.ID
			call.user = actor.Name
			ctx := context.WithValue(r.Context(), againKey{}, func(ctx context.Context) (perm.Actor, error) { return auth.Recheck(ctx, r) })
			next.ServeHTTP(w, r.WithContext(perm.WithActor(ctx, actor)))
		})
	}
}
