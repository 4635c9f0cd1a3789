package harness

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"dewpoint/test/locked"
)

// Socket is a websocket to the server, and all that it has received in binary frames.
type Socket struct {
	t    testing.TB
	Conn *websocket.Conn
	Got  locked.Buffer
	Text locked.Buffer // text frames
	// Ended gives why it ended, once.
	Ended chan error
}

// DialSocket opens a websocket at a path of the server, with further headers; an answer other than 101 is returned without a socket.
func (s *Server) DialSocket(t testing.TB, path string, headers http.Header) (*Socket, *http.Response) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	c, res, err := websocket.Dial(ctx, strings.Replace(s.URL, "http", "ws", 1)+path, &websocket.DialOptions{HTTPClient: s.HTTP, HTTPHeader: headers})
	if err != nil {
		if res == nil {
			t.Fatalf("%s: %v", path, err)
		}
		return nil, res
	}
	c.SetReadLimit(-1)
	k := &Socket{t: t, Conn: c, Ended: make(chan error, 1)}
	t.Cleanup(func() { c.CloseNow() })
	go k.follow()
	return k, res
}

func (k *Socket) follow() {
	for {
		kind, r, err := k.Conn.Reader(context.Background())
		if err != nil {
			k.Ended <- err
			return
		}
		to := &k.Got
		if kind == websocket.MessageText {
			to = &k.Text
		}
		io.Copy(to, r) // an error shows at the next Reader
	}
}

// Send sends bytes in a binary frame.
func (k *Socket) Send(text string) {
	k.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if err := k.Conn.Write(ctx, websocket.MessageBinary, []byte(text)); err != nil {
		k.t.Fatal(err)
	}
}

// Wait waits until a text has come.
func (k *Socket) Wait(text string) {
	k.t.Helper()
	Eventually(k.t, time.Minute, "the websocket receives "+text, func() (bool, string) {
		got := k.Got.String()
		return strings.Contains(got, text), got[max(len(got)-400, 0):]
	})
}

// WaitEnd waits until the server has closed it and returns the code.
func (k *Socket) WaitEnd() websocket.StatusCode {
	k.t.Helper()
	select {
	case err := <-k.Ended:
		k.Ended <- err
		return websocket.CloseStatus(err)
	case <-time.After(30 * time.Second):
		k.t.Fatal("the websocket goes on")
		return 0
	}
}

// Session logs in by the table API and returns the session's token.
func (s *Server) Session() string {
	c := s.Table()
	c.Base = s.URL + "/api/sys/"
	key, _ := c.Must(200, "POST", "tokens", map[string]any{"login": "admin", "password": AdminPassword}).Object()["$key"].(string)
	return key
}
