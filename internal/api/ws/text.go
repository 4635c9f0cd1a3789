package ws

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"

	"dewpoint/internal/errs"
)

// Text is a connection over which texts go both ways. What it sends waits in a queue of bounded size: a client that doesn't read is cut off, and nobody waits for it.
type Text struct {
	conn *websocket.Conn
	most int           // bytes in the queue
	slow time.Duration // that one text may take to be sent
	ctx  context.Context
	done context.CancelFunc
	wake chan struct{}

	mu     sync.Mutex
	queue  [][]byte
	queued int

	once   sync.Once
	code   websocket.StatusCode
	reason string
}

// NewText begins to use a connection: texts of up to mostRead bytes are taken, mostQueued bytes may wait to be sent, and each text may take as long as slow.
func NewText(ctx context.Context, c *websocket.Conn, mostRead int64, mostQueued int, slow time.Duration) *Text {
	c.SetReadLimit(mostRead)
	ctx, done := context.WithCancel(ctx)
	return &Text{conn: c, most: mostQueued, slow: slow, ctx: ctx, done: done, wake: make(chan struct{}, 1)}
}

// Context ends with the connection.
func (t *Text) Context() context.Context { return t.ctx }

// Send puts a text, which stays as it is from now on, into the queue.
func (t *Text) Send(text []byte) {
	t.mu.Lock()
	t.queue, t.queued = append(t.queue, text), t.queued+len(text)
	behind := t.queued > t.most
	if behind {
		t.queue, t.queued = nil, 0
	}
	t.mu.Unlock()
	if behind {
		t.Refuse("you read too slowly; connect again and go on behind what you have")
		return
	}
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// Refuse ends the connection for something that the client did or may not do; it reads the reason, of at most 123 bytes.
func (t *Text) Refuse(reason string) { t.end(websocket.StatusPolicyViolation, reason) }

// GoAway ends the connection since the server stops.
func (t *Text) GoAway() { t.end(websocket.StatusGoingAway, "the server stops") }

func (t *Text) end(code websocket.StatusCode, reason string) {
	t.once.Do(func() {
		t.code, t.reason = code, fitting(reason)
		t.done()
	})
}

// mostReason is how many bytes of a reason the frame that closes a connection has room for (RFC 6455, 5.5).
const mostReason = 123

// fitting shortens a reason to what the frame has room for.
func fitting(reason string) string {
	if len(reason) > mostReason {
		reason = strings.ToValidUTF8(reason[:mostReason], "")
	}
	return reason
}

// Run sends what is in the queue and gives receive what comes, one text at a time, until the connection ends; an error of receive ends it.
func (t *Text) Run(receive func([]byte) error) {
	var working sync.WaitGroup
	working.Go(t.send)
	working.Go(func() {
		<-t.ctx.Done()
		t.end(websocket.StatusNormalClosure, "")
		t.conn.Close(t.code, t.reason) // ends the reading below
	})
	for {
		kind, text, err := t.conn.Read(context.Background())
		if err != nil {
			break
		}
		if kind != websocket.MessageText {
			t.Refuse("only frames of text are understood")
			break
		}
		if err := receive(text); err != nil {
			t.Refuse(errs.Shown(err))
			break
		}
	}
	t.done()
	working.Wait()
	t.conn.CloseNow()
}

// send sends what is in the queue until the connection ends.
func (t *Text) send() {
	ping := time.NewTicker(pingInterval)
	defer ping.Stop()
	for {
		select {
		case <-t.ctx.Done():
			return
		case <-ping.C:
			if t.ping() != nil {
				t.Refuse("no answer to a ping")
				return
			}
		case <-t.wake:
			for _, text := range t.take() {
				if t.write(text) != nil {
					t.Refuse("you read too slowly, or the connection has broken; connect again and go on behind what you have")
					return
				}
			}
		}
	}
}

func (t *Text) take() [][]byte {
	t.mu.Lock()
	defer t.mu.Unlock()
	texts := t.queue
	t.queue, t.queued = nil, 0
	return texts
}

func (t *Text) write(text []byte) error {
	ctx, cancel := context.WithTimeout(t.ctx, t.slow)
	defer cancel()
	return t.conn.Write(ctx, websocket.MessageText, text)
}

func (t *Text) ping() error {
	ctx, cancel := context.WithTimeout(t.ctx, pingLimit)
	defer cancel()
	return t.conn.Ping(ctx)
}
