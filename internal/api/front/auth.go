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
			next.ServeHTTP(w, r.WithContext(perm.WithActor(r.Context(), actor)))
		})
	}
}
