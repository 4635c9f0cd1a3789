package ws_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"dewpoint/internal/api/ws"
	"dewpoint/internal/errs"
)

// texts serves a connection over which use sends, and gives what it receives to receive.
func texts(t *testing.T, most int, slow time.Duration, use func(*ws.Text), receive func([]byte) error) (c *websocket.Conn, ended chan struct{}) {
	t.Helper()
	ended = make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(ended)
		conn, err := ws.Accept(w, r)
		if err != nil {
			return
		}
		out := ws.NewText(r.Context(), conn, 100, most, slow)
		use(out)
		out.Run(receive)
	}))
	t.Cleanup(server.Close)
	c, _, err := websocket.Dial(t.Context(), server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.CloseNow() })
	return c, ended
}

func within(t *testing.T, ended chan struct{}, what string) {
	t.Helper()
	select {
	case <-ended:
	case <-time.After(30 * time.Second):
		t.Fatal(what)
	}
}

// TestTextOfASlowClient sends to one that doesn't read: nobody waits for it, and it is cut off.
func TestTextOfASlowClient(t *testing.T) {
	t.Parallel()
	piece := []byte(strings.Repeat("x", 64<<10))
	_, ended := texts(t, 1<<20, time.Second, func(out *ws.Text) {
		go func() {
			for out.Context().Err() == nil {
				out.Send(piece)
			}
		}()
	}, func([]byte) error { return nil })
	within(t, ended, "a client that reads nothing is still served")
}

// TestTextSaysWhy: who is cut off reads the reason, as long as it fits.
func TestTextSaysWhy(t *testing.T) {
	t.Parallel()
	c, ended := texts(t, 1<<20, time.Second, func(out *ws.Text) { out.Send([]byte("hello")) }, func(text []byte) error {
		return errs.New(errs.Malformed, "x", "%s", string(text)+strings.Repeat("ü", 70))
	})
	if _, text, err := c.Read(t.Context()); err != nil || string(text) != "hello" {
		t.Fatalf("%s %v", text, err)
	}
	if err := c.Write(context.Background(), websocket.MessageText, []byte("no")); err != nil {
		t.Fatal(err)
	}
	_, _, err := c.Read(t.Context())
	if websocket.CloseStatus(err) != websocket.StatusPolicyViolation || !strings.Contains(err.Error(), "noüü") {
		t.Errorf("the end: %v", err)
	}
	within(t, ended, "the connection goes on")
}
