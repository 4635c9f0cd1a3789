package front

import (
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
)

// retrySeconds is when a client that found too many connections open may come again.
const retrySeconds = 5

// Connections counts those that clients hold open, and bounds them. The zero value is ready and bounds nothing.
type Connections struct{ open, most atomic.Int64 }

// Bound sets how many may be open at once; 0 for any number. Those that are open stay.
func (c *Connections) Bound(most int64) { c.most.Store(most) }

// Count is the server's http.Server.ConnState. A connection that somebody took over, such as a websocket, counts for its handler alone.
func (c *Connections) Count(_ net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		c.open.Add(1)
	case http.StateClosed, http.StateHijacked:
		c.open.Add(-1)
	}
}

// Guard answers 503 and closes the connection while more are open than may be. So an administrator gets in as soon as anybody leaves.
func (c *Connections) Guard(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if most := c.most.Load(); most > 0 && c.open.Load() > most {
			w.Header().Set("Connection", "close")
			w.Header().Set("Retry-After", strconv.Itoa(retrySeconds))
			answer(w, http.StatusServiceUnavailable, "TOO_MANY_CONNECTIONS",
				"too many connections are open; close some, try again in "+strconv.Itoa(retrySeconds)+" seconds, or raise the setting max_connections")
			return
		}
		h.ServeHTTP(w, r)
	})
}
