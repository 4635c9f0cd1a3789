package ws

import (
	"context"
	"encoding/json"
	"io"
	"time"

	"github.com/coder/websocket"

	"dewpoint/internal/errs"
)

// Feed sends what next returns as JSON, at once and then every so often, until the viewer is gone or next fails: then it sends {"error": …} and closes. What
// the viewer sends is thrown away.
func Feed(ctx context.Context, c *websocket.Conn, every time.Duration, next func() (any, error)) {
	ctx, gone := context.WithCancel(ctx)
	reader := make(chan struct{})
	go func() {
		defer close(reader)
		defer gone()
		for {
			_, r, err := c.Reader(ctx)
			if err != nil {
				return
			}
			if _, err := io.Copy(io.Discard, r); err != nil {
				return
			}
		}
	}()
	defer func() { gone(); c.CloseNow(); <-reader }()
	ticker := time.NewTicker(every)
	defer ticker.Stop()
	for {
		v, failed := next()
		if failed != nil {
			v = map[string]string{"error": errs.Shown(failed)}
		}
		text, err := json.Marshal(v)
		if err != nil || send(ctx, c, text) != nil {
			return
		}
		if failed != nil {
			_ = c.Close(websocket.StatusNormalClosure, "") // nobody is there to be told
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

func send(ctx context.Context, c *websocket.Conn, text []byte) error {
	ctx, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	return c.Write(ctx, websocket.MessageText, text)
}
