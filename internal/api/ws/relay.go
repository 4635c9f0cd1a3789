package ws

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/coder/websocket"

	"dewpoint/internal/console"
	"dewpoint/internal/errs"
)

// relay is one connection while it lasts.
type relay struct {
	conn    *websocket.Conn
	session *console.Session
	still   func(context.Context) error
	done    context.CancelFunc

	once   sync.Once
	code   websocket.StatusCode
	reason string
}

// busy are the buffers of connections over which much goes. Most have little to say most of the time, and keep a small one.
var busy = sync.Pool{New: func() any { return new([toBusyViewer]byte) }}

// run returns when all that works for the connection has ended.
func (r *relay) run(ctx context.Context) {
	var working sync.WaitGroup
	working.Go(func() { r.show(ctx) })
	working.Go(func() { r.watch(ctx) })
	r.listen(ctx)
	working.Wait()
	r.session.Close()
	r.conn.CloseNow() // where the farewell was not answered
}

// end begins the end, for the first reason that is given. The viewer reads it in the frame that closes the connection.
func (r *relay) end(code websocket.StatusCode, reason string) {
	r.once.Do(func() {
		if r.session.Ended() {
			code, reason = websocket.StatusGoingAway, "the server has ended the connection"
		}
		r.code, r.reason = code, reason
		r.session.Close()          // ends show
		r.conn.Close(code, reason) // ends listen
		r.done()
	})
}

// show sends the viewer what the console has.
func (r *relay) show(ctx context.Context) {
	small := make([]byte, toViewer)
	var large *[toBusyViewer]byte
	defer func() {
		if large != nil {
			busy.Put(large)
		}
	}()
	for {
		buffer := small
		if large != nil {
			buffer = large[:]
		}
		n, err := r.session.Read(buffer)
		if n > 0 {
			if sent := r.send(ctx, buffer[:n]); sent != nil {
				r.end(websocket.StatusPolicyViolation, "the connection is too slow or has broken")
				return
			}
		}
		switch {
		case large == nil && n == len(small):
			large = busy.Get().(*[toBusyViewer]byte)
		case large != nil && n < len(small):
			busy.Put(large)
			large = nil
		}
		switch e := errs.As(err); {
		case err == nil:
		case e != nil:
			r.end(websocket.StatusTryAgainLater, e.Text)
			return
		case errors.Is(err, io.EOF):
			r.end(websocket.StatusNormalClosure, "the console has ended")
			return
		default:
			r.end(websocket.StatusNormalClosure, "")
			return
		}
	}
}

func (r *relay) send(ctx context.Context, b []byte) error {
	ctx, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	return r.conn.Write(ctx, websocket.MessageBinary, b)
}

// listen gives the console what the viewer sends; texts are none of its bytes and are ignored.
func (r *relay) listen(ctx context.Context) {
	buffer := make([]byte, toHost)
	for {
		kind, message, err := r.conn.Reader(ctx)
		if err != nil {
			r.end(websocket.StatusNormalClosure, "")
			return
		}
		var to io.Writer = r.session
		if kind != websocket.MessageBinary {
			to = io.Discard
		}
		if _, err := io.CopyBuffer(onlyWriter{to}, message, buffer); err != nil {
			r.end(websocket.StatusNormalClosure, "")
			return
		}
	}
}

// onlyWriter keeps io.CopyBuffer from using another buffer than the one given.
type onlyWriter struct{ io.Writer }

// watch sees that the viewer is there, does something, and still may.
func (r *relay) watch(ctx context.Context) {
	ping := time.NewTicker(pingInterval)
	defer ping.Stop()
	checked := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ping.C:
		}
		if r.session.Idle() > idleLimit {
			r.end(websocket.StatusNormalClosure, "nothing has come or gone for ten minutes")
			return
		}
		if time.Since(checked) >= checkInterval {
			if err := r.still(ctx); err != nil && errs.KindOf(err) != errs.Internal {
				r.end(websocket.StatusPolicyViolation, "you may not use this console any more")
				return
			}
			checked = time.Now()
		}
		if err := r.ping(ctx); err != nil {
			r.end(websocket.StatusPolicyViolation, "no answer to a ping")
			return
		}
	}
}

func (r *relay) ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingLimit)
	defer cancel()
	return r.conn.Ping(ctx)
}
