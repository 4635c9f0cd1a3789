// Package front holds what happens to every HTTP request before one of the API dialects gets it: it has an id, a line in the log, a caller
// and a body of bounded size, and a panic ends that request alone.
package front

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"net/http"
	"regexp"
)

// Call is what is known of a request whatever its dialect.
type Call struct {
	ID      string // as in X-Request-Id
	Address string // of the client, without its port; proxies are believed as Edge says
	// Log writes lines that carry the request's id.
	Log *slog.Logger
	// user is filled in by Authenticated, for the access line.
	user string
	// origins are those of web pages that may read replies.
	origins []string
}

type callKey struct{}

// Of returns the call that Wrap put into ctx; an empty one that logs to the default logger when there is none.
func Of(ctx context.Context) *Call {
	if c, ok := ctx.Value(callKey{}).(*Call); ok {
		return c
	}
	return &Call{Log: slog.Default()}
}

// requestID is what we take over from a client: it goes into log lines and rows as it is.
var requestID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

func newCall(r *http.Request, edge Edge, log *slog.Logger) *Call {
	id := r.Header.Get("X-Request-Id")
	if !requestID.MatchString(id) {
		var b [8]byte
		rand.Read(b[:])
		id = hex.EncodeToString(b[:])
	}
	return &Call{ID: id, Address: edge.client(r), Log: log.With("request", id), origins: edge.Origins}
}

// addressOf returns the address at the other end of the connection in its shortest form, the one that allow lists are compared with.
func addressOf(r *http.Request) string {
	a, err := addressIn(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return a.String()
}
