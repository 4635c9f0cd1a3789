package ws_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"go.uber.org/goleak"

	"dewpoint/internal/api/front"
	"dewpoint/internal/api/ws"
	"dewpoint/internal/console"
	"dewpoint/internal/engine"
	"dewpoint/internal/model/compute"
	"dewpoint/internal/perm"
	"dewpoint/internal/schema"
	"dewpoint/internal/store/postgres/pgtest"
	"dewpoint/test/rig"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// relays serves the console of one machine, to anybody.
func relays(t *testing.T, edge front.Edge) (url string, host *rig.Screens, consoles *console.Service) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	r := rig.Start(t, t.TempDir(), log)
	host = rig.NewScreens(t)
	consoles = console.New(console.Config{DB: r.DB, Host: host, Log: log})
	var machine int64
	err := r.Engine.Do(perm.WithActor(t.Context(), perm.System("admin")), func(w *engine.Write) error {
		row, err := w.Create("vms", schema.Input{"name": json.RawMessage(`"seen"`)})
		if err == nil {
			machine = compute.VMCol.Machine.Of(row).Int()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	rig.Runs(t, r.DB, machine, console.VNC)
	server := httptest.NewServer(front.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, err := consoles.Open(r.Context(), machine, console.Any, console.Viewer{Most: 100, MostOfMachine: 100})
		if err != nil {
			http.Error(w, err.Error(), http.StatusServiceUnavailable)
			return
		}
		conn, err := ws.Accept(w, r)
		if err != nil {
			session.Close()
			http.Error(w, err.Error(), http.StatusForbidden)
			return
		}
		ws.Relay(r.Context(), conn, session, func(context.Context) error { return nil })
	}), edge, log))
	t.Cleanup(server.Close)
	return strings.Replace(server.URL, "http", "ws", 1), host, consoles
}

func dial(t *testing.T, url string, o *websocket.DialOptions) *websocket.Conn {
	t.Helper()
	c, _, err := websocket.Dial(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestRelays passes bytes both ways, whatever the size of messages, and ignores texts.
func TestRelays(t *testing.T) {
	t.Parallel()
	url, _, _ := relays(t, front.Edge{})
	c := dial(t, url, &websocket.DialOptions{Subprotocols: []string{"binary"}})
	defer c.CloseNow()
	if c.Subprotocol() != "binary" {
		t.Errorf("the subprotocol is %q", c.Subprotocol())
	}
	if err := c.Write(t.Context(), websocket.MessageText, []byte("not for the guest")); err != nil {
		t.Fatal(err)
	}
	stream := websocket.NetConn(t.Context(), c, websocket.MessageBinary)
	want := "RFB 003.008\n" + strings.Repeat("0123456789", 100_000)
	go io.WriteString(stream, want[12:])
	got := make([]byte, len(want))
	if _, err := io.ReadFull(stream, got); err != nil || string(got) != want {
		t.Errorf("%d bytes came back, %v", len(got), err)
	}
}

// TestOrigins: a page of an origin that the server doesn't name can't open a console.
func TestOrigins(t *testing.T) {
	t.Parallel()
	url, host, _ := relays(t, front.Edge{Origins: []string{"https://panel.example.org"}})
	own := strings.Replace(url, "ws", "http", 1)
	for origin, want := range map[string]bool{"https://panel.example.org": true, own: true, "": true, "https://evil.example.org": false, "null": false} {
		header := http.Header{}
		if origin != "" {
			header.Set("Origin", origin)
		}
		c, res, err := websocket.Dial(t.Context(), url, &websocket.DialOptions{HTTPHeader: header})
		if (err == nil) != want || !want && res.StatusCode != http.StatusForbidden {
			t.Errorf("a page of %q: %v", origin, err)
		}
		if err == nil {
			c.CloseNow()
		}
	}
	for deadline := time.Now().Add(10 * time.Second); host.Open.Load() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections to the guest are left", host.Open.Load())
		}
	}
}

// TestEndOfService tells viewers that the server goes.
func TestEndOfService(t *testing.T) {
	t.Parallel()
	url, _, consoles := relays(t, front.Edge{})
	c := dial(t, url, nil)
	if _, _, err := c.Read(t.Context()); err != nil {
		t.Fatal(err)
	}
	consoles.Close()
	if _, _, err := c.Read(t.Context()); websocket.CloseStatus(err) != websocket.StatusGoingAway {
		t.Errorf("ended with %v", err)
	}
}

// cycles is how often TestLeavesNothing connects; all of them with the campaigns (docs/ops/testing.md).
func cycles() int {
	if os.Getenv("DEWPOINT_SOAK") != "" {
		return 1000
	}
	return 100
}

// TestLeavesNothing connects and goes again and again, in each of the ways in which a viewer can go. No goroutine, descriptor or memory is left.
func TestLeavesNothing(t *testing.T) {
	url, host, consoles := relays(t, front.Edge{})
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	once := func(i int) {
		c := dial(t, url, &websocket.DialOptions{HTTPClient: client})
		if _, greeting, err := c.Read(t.Context()); err != nil || string(greeting) != "RFB 003.008\n" {
			t.Fatalf("%q, %v", greeting, err)
		}
		switch i % 3 {
		case 0:
			c.Close(websocket.StatusNormalClosure, "")
		case 1:
			c.CloseNow()
		case 2: // the server ends it
			for _, s := range consoles.Sessions() {
				s.Close()
			}
			c.Read(t.Context())
			c.CloseNow()
		}
	}
	for i := range 9 {
		once(i)
	}
	idle(t, host, consoles)
	ignore, files, memory := goleak.IgnoreCurrent(), descriptors(t), inUse()
	for i := range cycles() {
		once(i)
	}
	idle(t, host, consoles)
	goleak.VerifyNone(t, ignore)
	if now := descriptors(t); now > files {
		t.Errorf("%d descriptors were open before, %d are after %d connections", files, now, cycles())
	}
	if grown := inUse() - memory; grown > 1<<20 {
		t.Errorf("%d bytes are left of %d connections", grown, cycles())
	}
}

// idle waits until the last connection is gone on both sides.
func idle(t *testing.T, host *rig.Screens, consoles *console.Service) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); host.Open.Load() > 0 || len(consoles.Sessions()) > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections to the guest and %d sessions are left", host.Open.Load(), len(consoles.Sessions()))
		}
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func inUse() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}
