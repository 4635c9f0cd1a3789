// Package ws relays consoles of machines over websockets: bytes of RFB, SPICE or a serial line in binary frames, both ways. Both dialects use it.
package ws

import (
	"context"
	"net/http"
	"time"

	"github.com/coder/websocket"

	"dewpoint/internal/api/front"
	"dewpoint/internal/console"
	"dewpoint/internal/errs"
)

const (
	// toViewer is the size of the pieces that a viewer is sent, toBusyViewer while there is much to send, and toHost of those that come from him: he types and
	// clicks.
	toViewer, toBusyViewer, toHost = 8 << 10, 128 << 10, 4 << 10
	// mostMessage bounds one message of a viewer. It is passed on while it comes, and never held whole.
	mostMessage = 16 << 20
	// sendLimit is how long a viewer may take to receive a piece. One that is slower is cut off.
	sendLimit = 30 * time.Second
	// OpenLimit is how long a console may take to answer.
	OpenLimit = 30 * time.Second
	// pingInterval is how often a viewer is asked whether he is there, and pingLimit how long he may take to answer.
	pingInterval, pingLimit = 30 * time.Second, 20 * time.Second
	// IdleLimit ends a connection over which nothing comes or goes.
	idleLimit = 10 * time.Minute
	// checkInterval is how often it is asked whether a viewer may still look.
	checkInterval = time.Minute
)

// Bounds of connections to one console and to all.
const (
	MostOfMachine = 32
	Most          = 1000
)

// Consoles opens consoles and gives out tickets for them; *console.Service is one. It asks nobody's permission.
type Consoles interface {
	Open(ctx context.Context, machine int64, kind console.Kind, v console.Viewer) (*console.Session, error)
	Screenshot(ctx context.Context, machine int64) ([]byte, error)
	Mint(g console.Grant) (text string, expires time.Time, err error)
	Find(text string) (console.Grant, error)
	Use(text string) error
	Out() int
	Sessions() []*console.Session
}

// Wanted reports whether a request asks for a websocket.
func Wanted(r *http.Request) bool {
	return r.Method == http.MethodGet && front.HasWord(r.Header, "Upgrade", "websocket")
}

// Accept upgrades a request; it has answered it when it fails. Pages of origins that may not read replies of the server are refused.
func Accept(w http.ResponseWriter, r *http.Request) (*websocket.Conn, error) {
	if !front.MayCall(r) {
		return nil, errs.New(errs.Denied, "origin_denied", "pages of %q can't open websockets here; the server's setting cors-origins names those that can", r.Header.Get("Origin"))
	}
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{InsecureSkipVerify: true, Subprotocols: []string{"binary"}})
	if err != nil {
		return nil, errs.Wrap(err, errs.Malformed, "upgrade_failed", "this isn't the handshake of a websocket")
	}
	c.SetReadLimit(mostMessage)
	return c, nil
}

// Relay passes bytes between a viewer and a console until either ends, and closes both. Still is asked now and then whether he may go on looking.
func Relay(ctx context.Context, c *websocket.Conn, session *console.Session, still func(context.Context) error) {
	ctx, cancel := context.WithCancel(ctx)
	r := relay{conn: c, session: session, still: still, done: cancel}
	r.run(ctx)
}
