// Package access has the operations of signing in and of API tokens.
package access

import (
	"context"
	"time"

	"dewpoint/internal/api/resource/frame"
	"dewpoint/internal/auth"
	"dewpoint/internal/model/access"
	"dewpoint/internal/perm"
)

// Auth checks passwords and gives out tokens.
type Auth interface {
	Login(ctx context.Context, a auth.Attempt) (access.User, error)
	IssueJWT(ctx context.Context, u access.User) (token string, expires time.Time, err error)
	Refresh(ctx context.Context, token string) (fresh string, expires time.Time, u access.User, err error)
	// SignOut gives up the login that the actor's request came by; Invalid when it came by none.
	SignOut(ctx context.Context, a perm.Actor) error
}

type service struct {
	*frame.Server
	auth Auth
}

// Operations registers all operations of the area.
func Operations(on *frame.Server, a Auth) {
	for _, add := range []func(*service){addAuth, addTokens} {
		add(&service{Server: on, auth: a})
	}
}
